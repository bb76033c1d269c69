"""A listener at the stream of an application, without a server in between."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar

STREAM = "/api/v1/notifications/stream"


class Listener:
    """One open connection."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.ended = asyncio.Event()
        self._changed = asyncio.Event()
        self._heard = 0
        self._leave = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:  # Any: ASGI
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:  # Any: ASGI
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"].decode()
            if not message.get("more_body"):
                self.ended.set()
        self._changed.set()

    async def started(self) -> None:
        """Until the first words have come, or a refusal."""
        while not self.text:
            await self._wait()

    async def next(self, seconds: float = 5) -> dict[str, str]:
        """The next event: its fields."""
        async with asyncio.timeout(seconds):
            while len(events := self.events()) <= self._heard:
                await self._wait()
        self._heard += 1
        return events[self._heard - 1]

    async def next_ids(self, count: int) -> list[str]:
        return [(await self.next())["id"] for _ in range(count)]

    def events(self) -> list[dict[str, str]]:
        """All that was said so far, without comments."""
        blocks = [block for block in self.text.split("\n\n")[:-1] if block.startswith("event:")]
        return [dict(line.split(": ", 1) for line in block.split("\n")) for block in blocks]

    def leave(self) -> None:
        """Hang up."""
        self._leave.set()

    async def _wait(self) -> None:
        self._changed.clear()
        await self._changed.wait()


@asynccontextmanager
async def listening(
    app: Litestar, headers: Mapping[str, str] | None = None, query: str = "", method: str = "GET"
) -> AsyncGenerator[Listener]:
    """Somebody who listens until the end of the block."""
    listener = Listener()
    given = {"host": "quire.test", **(headers or {})}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": STREAM,
        "raw_path": STREAM.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("quire.test", 80),
        "state": {},
        "extensions": {},
    }
    call = asyncio.create_task(app(scope, listener.receive, listener.send))  # type: ignore[arg-type] # looser ASGI types
    try:
        async with asyncio.timeout(5):
            await listener.started()
        yield listener
    finally:
        listener.leave()
        async with asyncio.timeout(5):
            await call


def said(event: Mapping[str, str]) -> dict[str, Any]:  # Any: JSON
    """The notification of an event."""
    notification: dict[str, Any] = msgspec.json.decode(event["data"])  # Any: JSON
    return notification
