"""Values as JSON. Every time leaves as RFC 3339 in UTC with six digits: ``2026-01-31T12:00:00.000000Z``."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
from litestar import Litestar, Response
from litestar.enums import MediaType
from litestar.response.base import ASGIResponse
from litestar.serialization import default_serializer
from litestar.types import Receive, Scope, Send, Serializer

from kernel.http.request import HttpRequest

T = TypeVar("T")

# msgspec writes whole seconds without a fraction, and zones other than UTC as they are.
UNEVEN_TIME = re.compile(rb':\d\d(?:Z|(?:\.\d{6})?[+-]\d\d:\d\d)"')


def encode(value: object, enc_hook: Serializer = default_serializer) -> bytes:
    """``value`` as JSON; text stays byte-identical, even where it looks like a time."""
    body = msgspec.json.encode(value, enc_hook=enc_hook)
    if UNEVEN_TIME.search(body) is None:
        return body
    plain = msgspec.to_builtins(value, builtin_types=(datetime,), str_keys=True, enc_hook=enc_hook)
    return msgspec.json.encode(written_out(plain))


def written_out(value: object) -> object:
    """Built-in values with every time as text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, dict):
        return {key: written_out(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [written_out(inner) for inner in value]
    return value


class JSONResponse(Response[T]):
    """Litestar's response with the JSON of `encode`; the application's ``response_class``."""

    # Any: any value can be content
    def render(self, content: Any, media_type: str, enc_hook: Serializer = default_serializer) -> bytes:
        """The body; what is not JSON is left to Litestar."""
        if media_type == MediaType.JSON and not isinstance(content, bytes | str):
            return encode(content, enc_hook)
        return super().render(content, media_type, enc_hook)


class Encoded(Response[T]):
    """A ``T`` whose bytes are final, so that sending them costs next to nothing."""

    def __init__(
        self,
        body: bytes,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> None:
        # Not a word to super().__init__(): looking closely at what is ready to be sent is what this class saves.
        self.content = cast("T", body)
        self.status_code = status_code
        self.headers = dict(headers or {})
        self.media_type = media_type
        self.cookies = []
        self.background = None
        self.encoding = "utf-8"
        self.response_type_encoders = {}

    # Any: what the handler has declared is only passed on
    def to_asgi_response(self, app: Litestar | None, request: HttpRequest, **declared: Any) -> ASGIResponse:
        """The bytes as they are; cookies, background tasks and headers of the handler take Litestar's longer way."""
        if self.cookies or self.background or any(declared.get(each) for each in ("cookies", "headers", "background")):
            return super().to_asgi_response(app, request, **declared)
        return self.final()

    def final(self) -> "Final":
        """Ready to be sent, where nothing else has been declared."""
        return Final(self.status_code or 200, self.headers, str(self.media_type), cast("bytes", self.content))


class Final(ASGIResponse):
    """Status, headers and bytes, ready to be sent."""

    def __init__(self, status: int, headers: Mapping[str, str], media_type: str, body: bytes) -> None:
        # Not a word to super().__init__(): assembling headers one by one is what this class saves.
        self.status_code = status
        self.body = body
        self.raw_headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        if status not in {204, 304}:
            self.raw_headers += [(b"content-type", media_type.encode()), (b"content-length", b"%d" % len(body))]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
