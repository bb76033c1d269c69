const form = document.querySelector("form");
const answer = document.querySelector("output");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  answer.textContent = "";
  try {
    const response = await fetch(form.dataset.action, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    if (response.ok) location.reload();
    else answer.textContent = `${(await response.json()).title}.`;
  } catch {
    answer.textContent = "The server does not answer. Please try again.";
  }
  button.disabled = false;
});
