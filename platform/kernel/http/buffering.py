"""Buffering of bodies: a request takes no place from the others while its client is still sending it."""

from typing import Any, cast

from litestar.types import HTTPReceiveMessage, HTTPScope, Receive

from kernel.errors import Overloaded, RequestTimeout
from kernel.http.deadline import Deadline
from kernel.http.decoding import MAX_BODY

PATIENCE = 14.0
"""Seconds for a body (`Deadline` may take a twentieth more)."""

MAX_WAITING = 64 * 1024 * 1024
"""Bytes of all bodies that are not complete, so that many of them cannot fill the memory."""


class BodyBuffer:
    """The bodies that an application is receiving."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._deadline = Deadline(patience)
        self._waiting = 0

    async def complete(self, scope: HTTPScope, receive: Receive) -> Receive:
        """Wait for the complete body, and give a ``receive`` that repeats it; raises `RequestTimeout` or `Overloaded`.

        One that is too large is not waited for: it is refused when it is read, once it is known who is calling.
        """
        if announced(scope) > MAX_BODY:
            return receive
        received: list[HTTPReceiveMessage] = []
        try:
            await self._deadline.keep(self._gather(received, receive))
        except TimeoutError:
            raise RequestTimeout from None
        return again(received, receive)

    async def _gather(self, received: list[HTTPReceiveMessage], receive: Receive) -> None:
        """One message; several are joined, because a client may make each of them as small as it likes."""
        message: Any = await receive()  # Any: only a part of a body has the fields of one
        body = bytearray(message.get("body", b""))
        self._waiting += len(body)
        try:
            while message.get("more_body") and len(body) <= MAX_BODY:
                if self._waiting > MAX_WAITING:
                    raise Overloaded
                message = await receive()
                part = message.get("body", b"")
                body += part
                self._waiting += len(part)
        finally:
            self._waiting -= len(body)
        if message["type"] == "http.request":
            message["body"] = bytes(body)
        received.append(message)


def announced(scope: HTTPScope) -> int:
    """The ``Content-Length``, 0 without one."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


def again(received: list[HTTPReceiveMessage], receive: Receive) -> Receive:
    """A ``receive`` that begins with what has been received already."""

    async def replay() -> HTTPReceiveMessage:
        return received.pop() if received else cast("HTTPReceiveMessage", await receive())

    return replay
