const prose = "system-ui, sans-serif";
const code = "ui-monospace, monospace";

Redoc.init(
  document.currentScript.dataset.document,
  { theme: { typography: { fontFamily: prose, headings: { fontFamily: prose }, code: { fontFamily: code } } } },
  document.getElementById("reader"),
);
