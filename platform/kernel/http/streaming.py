"""Answers that go on until somebody leaves: Server-Sent Events (WHATWG HTML, 9.2).

Litestar's own stream is cancelled when its client leaves, and its generator is closed some time later. Here whoever
feeds a stream knows at once that it is over, and a server that stops ends it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from litestar import Litestar, Response
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send

from kernel.http.request import HttpRequest

HEARTBEAT = 10.0
"""Seconds of silence after which a comment is sent, so that nobody in between takes the connection for dead."""

ON_SHUTDOWN = "on_shutdown"
"""In the state of a request: what to call when the server stops."""

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx passes on what comes, when it comes
]

BREAKS = {"\x85".encode(): rb"\u0085", "\u2028".encode(): rb"\u2028", "\u2029".encode(): rb"\u2029"}
"""What ends no line in the standard, but in clients that split text as Python does (httpx among them)."""


class EventQueue:
    """The events that are still to be sent on one stream."""

    def __init__(self) -> None:
        self._waiting: deque[bytes] = deque()
        self._changed = asyncio.Event()
        self.ended = False
        self.when_drained: Callable[[], None] | None = None
        """Called once, when all that waits has been sent."""

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, kind: str, *, id: str, data: bytes) -> None:  # noqa: A002 - its name in the standard
        """One event; ``data`` is JSON on one line."""
        for character, escaped in BREAKS.items():
            data = data.replace(character, escaped)
        self._waiting.append(b"event: %s\nid: %s\ndata: %s\n\n" % (kind.encode(), id.encode(), data))
        self._changed.set()

    def end(self) -> None:
        """Nothing more is sent."""
        self.ended = True
        self._changed.set()

    async def next(self) -> bytes:
        """What waits; a comment if nothing comes for a while, nothing at all at the end."""
        if not self._waiting and not self.ended:
            self._changed.clear()
            try:
                async with asyncio.timeout(HEARTBEAT):
                    await self._changed.wait()
            except TimeoutError:
                return b":\n\n"
        if self.ended:
            return b""
        said = b"".join(self._waiting)
        self._waiting.clear()
        if self.when_drained is not None:
            drained, self.when_drained = self.when_drained, None
            drained()
        return said


class EventStream(Response[str]):
    """Whatever is put into a queue while ``feeding`` goes on."""

    def __init__(self, queue: EventQueue, feeding: AbstractContextManager[object]) -> None:
        super().__init__("", media_type="text/event-stream")
        self._queue = queue
        self._feeding = feeding

    # Any: what the handler has declared does not matter
    def to_asgi_response(self, app: Litestar | None, request: HttpRequest, **declared: Any) -> ASGIResponse:
        """The stream itself."""
        return ASGIEventStream(self._queue, self._feeding)


class ASGIEventStream(ASGIResponse):
    """The stream, as it is sent."""

    def __init__(self, queue: EventQueue, feeding: AbstractContextManager[object]) -> None:
        super().__init__()
        self._queue = queue
        self._feeding = feeding

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Until the client leaves, the server stops or the queue is closed."""
        scope["state"][ON_SHUTDOWN] = self._queue.end
        leaving = asyncio.create_task(self._wait_until_they_leave(receive))
        try:
            with self._feeding:
                await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS]})
                chunk = b"retry: 1000\n\n"
                while chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    chunk = await self._queue.next()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()

    async def _wait_until_they_leave(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._queue.end()
