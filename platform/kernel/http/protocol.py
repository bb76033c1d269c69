"""What uvicorn says by itself, in our words."""

from os import urandom
from typing import Any, cast

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kernel.errors import Malformed
from kernel.http.streaming import ON_SHUTDOWN
from kernel.problems import describe

MAX_HEAD = 64 * 1024
"""Bytes of all headers together."""

HEAD = (
    b"HTTP/1.1 400 Bad Request\r\n"
    b"content-type: application/problem+json\r\n"
    b"content-length: %d\r\n"
    b"cache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"referrer-policy: no-referrer\r\n"
    b"x-request-id: %s\r\n"
    b"connection: close\r\n\r\n"
)


class ProblemProtocol(HttpToolsProtocol):
    """HTTP/1.1 whose refusal of what is no HTTP at all is a problem document, too: uvicorn's ``http`` option."""

    def on_message_begin(self) -> None:
        """A request begins."""
        self._header_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of the head. Without a bound, a few clients could fill the memory; raising is answered with 400."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEAD:
            raise httptools.HttpParserError("the head is too long")
        super().on_header(name, value)

    def shutdown(self) -> None:
        """The server stops: answers in progress are finished, and what would go on for ever ends now."""
        super().shutdown()
        if self.cycle is not None and not self.cycle.response_complete:
            end = self.cycle.scope["state"].get(ON_SHUTDOWN)
            if end is not None:
                end()

    def send_400_response(self, msg: str) -> None:
        """Answer, and hang up: where the next request begins is unknown."""
        request_id = urandom(16).hex()
        scope = cast("Any", {"path": "/", "state": {"request_id": request_id}})  # Any: there is no real scope yet
        body = msgspec.json.encode(describe(Malformed("This is not an HTTP request."), scope))
        self.transport.write(HEAD % (len(body), request_id.encode()) + body)
        self.transport.close()
