// Off: what would call Scalar's own servers.
Scalar.createApiReference("#reader", {
  url: document.currentScript.dataset.document,
  agent: { disabled: true },
  hideClientButton: true,
  mcp: { disabled: true },
  persistAuth: true,
  showDeveloperTools: "never",
  telemetry: false,
  withDefaultFonts: false,
});
