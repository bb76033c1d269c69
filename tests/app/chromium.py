"""A real browser for tests, spoken to over the DevTools protocol."""

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
    "--window-size=1280,900",
)


class Tab:
    """One page, and everything that went wrong or out on it."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last = 0
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Go there; what the page does is seen while `evaluate` is waited for."""
        self._call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:  # Any: whatever JSON the expression is
        """The value of a JavaScript expression on the page."""
        return self._call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def type(self, text: str) -> None:
        """Into whatever has the focus."""
        self._call("Input.insertText", text=text)

    def screenshot(self, name: str) -> None:
        """Keep what the page looks like, where ``QUIRE_SCREENSHOTS`` names a folder for it."""
        if folder := os.environ.get("QUIRE_SCREENSHOTS"):
            picture = self._call("Page.captureScreenshot", format="png")["data"]
            (Path(folder) / f"{name}.png").write_bytes(b64decode(picture))

    def wait_for(self, expression: str, seconds: float = 20) -> None:
        """Poll until the expression is true; fails with what the page said."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never true: {expression}; errors: {self.errors}"
            time.sleep(0.1)

    def wait_until_quiet(self, seconds: float = 1) -> None:
        """Return when the page has asked for nothing for a while."""
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < seconds:
            self.evaluate("null")
            if len(self.requests) != seen:
                seen, since = len(self.requests), time.monotonic()
            time.sleep(0.05)

    def _call(self, method: str, **params: Any) -> Any:  # Any: the protocol is JSON
        self._last += 1
        session = {"sessionId": self._session} if hasattr(self, "_session") else {}
        self._connection.send(json.dumps({"id": self._last, "method": method, "params": params, **session}))
        while (message := json.loads(self._connection.recv(timeout=20))).get("id") != self._last:
            self._note(message.get("method"), message.get("params", {}))
        assert "error" not in message, message
        return message["result"]

    def _note(self, event: str, params: Any) -> None:  # Any: the protocol is JSON
        match event:
            case "Runtime.exceptionThrown":
                self.errors.append(str(params["exceptionDetails"]))
            case "Runtime.consoleAPICalled" if params["type"] in {"error", "assert"}:
                self.errors.append(str(params["args"]))
            case "Log.entryAdded" if params["entry"]["level"] == "error":
                self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.requests.append(params["request"]["url"])
            case _:
                pass


@contextmanager
def chromium() -> Iterator[Tab]:
    """A fresh profile with one tab. Without the program the test is skipped, and fails in CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        assert os.environ.get("CI") != "true", "CI must have chromium"
        pytest.skip("chromium is not installed")
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with connect(devtools(Path(profile), process), max_size=None) as connection:
                yield Tab(connection)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            process.kill()
            process.wait()


def devtools(profile: Path, process: "subprocess.Popen[bytes]") -> str:
    """Where the browser listens, as soon as it does."""
    announced = profile / "DevToolsActivePort"
    deadline = time.monotonic() + 30
    while not (announced.is_file() and len(lines := announced.read_text().split()) == 2):
        assert process.poll() is None, "chromium did not start"
        assert time.monotonic() < deadline, "chromium does not answer"
        time.sleep(0.05)
    port, path = lines
    return f"ws://127.0.0.1:{port}{path}"
