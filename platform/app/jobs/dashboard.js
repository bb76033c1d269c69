// What SAQ's script needs to know, and what it does not do: notice that the sign-in has ended, and end it.
const root_path = "/jobs";
const ask = window.fetch;
window.fetch = async (...request) => {
  const answer = await ask(...request);
  if (answer.status === 401 || answer.status === 403) location.reload();
  return answer;
};
document.getElementById("sign-out").addEventListener("click", async () => {
  await ask(`${root_path}/sign-out`, { method: "POST" });
  location.reload();
});
