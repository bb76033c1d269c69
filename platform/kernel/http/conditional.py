"""Conditional requests (RFC 9110, section 13): strong entity tags that read ``"<version>-<hash>"``."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from litestar import Response

from kernel.cache import Entry, Loaded
from kernel.http.encoding import Encoded, encode
from kernel.http.request import HttpRequest
from kernel.versions import IfMatch, etag

T = TypeVar("T")

TAG = re.compile(r'(W/)?"([^"]*)"')
VERSION = re.compile(r"([0-9]{1,18})-.+")

PUBLIC = {"Cache-Control": "public, max-age=0, must-revalidate"}
PRIVATE = {"Cache-Control": "no-store", "Vary": "Authorization"}


def provide_if_match(request: HttpRequest) -> IfMatch:
    """``If-Match`` of a request. Without it, and with ``*``, every version does; a weak or foreign tag never does."""
    given = field(request, b"if-match")
    if given is None or given == "*":
        return IfMatch()
    tags = [VERSION.fullmatch(text) for weak, text in TAG.findall(given) if not weak]
    return IfMatch(frozenset(int(tag[1]) for tag in tags if tag is not None))


def resource(
    request: HttpRequest,
    value: T,
    *,
    version: int,
    public: bool = False,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response[T]:
    """One resource with its entity tag; for a reader who has these very bytes, 304."""
    body = encode(value)
    sent = {"ETag": etag(body, version), **(headers or {})}
    return representation(request, body, public=public, status_code=status_code, headers=sent)


def stored_resource(request: HttpRequest, stored: Loaded | Entry, *, public: bool = False) -> Response[Any]:
    """`resource` for bytes out of a cache."""  # Any: the bytes do not tell what they are of
    return representation(request, stored.body, public=public, headers={"ETag": stored.tag})


def representation(
    request: HttpRequest,
    body: bytes,
    *,
    headers: Mapping[str, str],
    public: bool = False,
    status_code: int = 200,
    media_type: str = "application/json",
) -> Response[Any]:  # Any: the bytes do not tell what they are of
    """Encoded bytes, as they come out of a cache; ``headers`` carry their ``ETag``."""
    headers = {**(PUBLIC if public else PRIVATE), **headers}
    readable = status_code == 200 and request.scope["method"] == "GET"
    if readable and known(headers["ETag"], field(request, b"if-none-match")):
        return Encoded(b"", status_code=304, headers=headers)
    return Encoded(body, status_code=status_code, headers=headers, media_type=media_type)


def known(tag: str, given: str | None) -> bool:
    """Whether ``If-None-Match`` names the tag; here weak equals strong (RFC 9110, section 13.1.2)."""
    if given is None or given == tag:
        return given is not None
    return given == "*" or any(f'"{text}"' == tag for _, text in TAG.findall(given))


def field(request: HttpRequest, name: bytes) -> str | None:
    """A header, its lines joined (RFC 9110, section 5.3); None without it."""
    lines = [value.decode("latin-1").strip() for key, value in request.scope["headers"] if key == name]
    return ", ".join(lines) if lines else None
