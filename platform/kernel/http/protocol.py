"""What uvicorn says by itself, in our words, and what it would wait for without end."""

import asyncio
from http import HTTPStatus
from os import urandom
from typing import Any, cast

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kernel.errors import DomainError, HeadTooLong, Malformed, RequestTimeout, UriTooLong
from kernel.http.edge import MAX_ADDRESS
from kernel.http.streaming import ON_SHUTDOWN
from kernel.problems import describe, status_of

MAX_HEAD = 64 * 1024
"""Bytes of all headers together."""

PATIENCE = 15.0
"""Seconds for a head to become complete, however busy the client is with it."""

LINGER = 6.0
"""Seconds; longer than a proxy keeps what idles (`platform/deploy/nginx`: 5 s)."""

HEAD = (
    b"HTTP/1.1 %d %s\r\n"
    b"content-type: application/problem+json\r\n"
    b"content-length: %d\r\n"
    b"cache-control: no-store\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"referrer-policy: no-referrer\r\n"
    b"x-request-id: %s\r\n"
    b"connection: close\r\n\r\n"
)


class Joining:
    """A transport that sends the head of an answer together with its body, as one piece.

    It is one call of the system instead of two, and a server that is killed in between leaves no half answer behind: a
    proxy that has seen the head can no longer ask another instance.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._write = transport.write
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send it, or keep it for a moment if more is announced. What has no length, such as a stream, is sent."""
        if self._head:
            data, self._head = self._head + data, b""
        elif data[:5] == b"HTTP/" and b"\r\ncontent-length: " in data:
            self._head = data
            return
        self._write(data)

    def flush(self) -> None:
        """Nothing more comes: the head of an answer to HEAD is all of it."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Send what is kept, and hang up."""
        self.flush()
        self._transport.close()


class ProblemProtocol(HttpToolsProtocol):
    """HTTP/1.1 with an end to every head, and problem documents for what is no request: uvicorn's ``http`` option.

    The parser gathers an address or a header until it is complete, so what has arrived is counted here.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Somebody is there, and has to say what for."""
        self._answers = Joining(transport)
        super().connection_made(cast("asyncio.Transport", self._answers))
        self._in_head = False
        self._refusal: DomainError | None = None
        self._end_of_patience: asyncio.TimerHandle | None = self.loop.call_later(PATIENCE, self._lose_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._be_patient()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes; what they complete is not waited for, so most requests never see the timer."""
        if self._in_head:
            self._unfinished_bytes += len(data)
        super().data_received(data)
        if self._in_head or not self._is_answering():
            if self._end_of_patience is None:
                self._end_of_patience = self.loop.call_later(PATIENCE, self._lose_patience)
            if self._in_head and self._unfinished_bytes > MAX_HEAD + MAX_ADDRESS:
                self._refuse(HeadTooLong() if self.headers or len(self.url) <= MAX_ADDRESS else UriTooLong())

    def on_message_begin(self) -> None:
        """A request begins."""
        self._in_head = True
        self._unfinished_bytes = self._header_bytes = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One line of the head. Without a bound, a few clients could fill the memory; raising ends the connection."""
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEAD:
            self._refusal = HeadTooLong()
            raise httptools.HttpParserError("the head is too long")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The request can be served."""
        self._in_head = False
        if self._end_of_patience is not None:
            self._be_patient()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The application has said all."""
        self._answers.flush()
        super().on_response_complete()

    def shutdown(self) -> None:
        """The server stops: answers in progress are finished, and what would go on for ever ends now."""
        super().shutdown()
        if self.cycle is not None and not self.cycle.response_complete:
            end = self.cycle.scope["state"].get(ON_SHUTDOWN)
            if end is not None:
                end()

    def send_400_response(self, msg: str) -> None:
        """What the parser does not understand, or what was refused while it was parsing."""
        self._refuse(self._refusal or Malformed("This is not an HTTP request."))

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _be_patient(self) -> None:
        if self._end_of_patience is not None:
            self._end_of_patience.cancel()
            self._end_of_patience = None

    def _lose_patience(self) -> None:
        """Hang up on who has not come to the point: not without a word, nor in the middle of an answer."""
        self._end_of_patience = None
        if self._is_answering():
            self.cycle.keep_alive = False
        elif self._in_head:
            self._refuse(RequestTimeout())
        else:
            self.transport.close()

    def _refuse(self, error: DomainError) -> None:
        """Answer, and hang up: where the next request begins is unknown."""
        self._in_head = False
        if self._is_answering() and self.cycle.response_started:
            self.transport.close()
            return
        request_id = urandom(16).hex()
        scope = cast("Any", {"path": "/", "state": {"request_id": request_id}})  # Any: there is no real scope yet
        body = msgspec.json.encode(describe(error, scope))
        status = HTTPStatus(status_of(type(error)))
        self.transport.write(HEAD % (status, status.phrase.encode(), len(body), request_id.encode()) + body)
        self.transport.close()


class ProxiedProtocol(ProblemProtocol):
    """The same behind a proxy, which may be sending a request at the moment at which the server stops.

    What is silent by then is not closed under its hands: it takes one more request, or `LINGER` seconds.
    """

    _is_last = False

    def shutdown(self) -> None:
        """The server stops."""
        self._is_last = True
        if self._is_answering():
            super().shutdown()
        else:
            self.loop.call_later(LINGER, self._leave)

    def on_headers_complete(self) -> None:
        """A request; the answer says that it was the last one."""
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False

    def _leave(self) -> None:
        if not self._is_answering():
            self.transport.close()
