"""Pages of a list: opaque cursors that name the last row (keyset, never OFFSET), and the link to the next page."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID

import msgspec
from litestar import Response
from litestar.params import QueryParameter
from msgspec.json import Decoder

from kernel.errors import InvalidCursor
from kernel.http.conditional import etag, representation
from kernel.http.encoding import encode
from kernel.http.request import HttpRequest
from kernel.http.validation import EARLIEST, END, UNSTORABLE

T = TypeVar("T")
Key: TypeAlias = datetime | UUID | str | int

DEFAULT_LIMIT = 20
CHECKSUM = 6
"""Bytes that make a mistyped cursor a bad one, and not another place in the list."""

LONGEST = 1024

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100, description="At most so many items.")]
Cursor: TypeAlias = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")]
IncludeTotal: TypeAlias = Annotated[bool, QueryParameter(description="Count all that match, too.")]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list; `next_cursor` leads to the next, and is null on the last. `total` is there when asked for."""

    items: tuple[T, ...]
    next_cursor: str | None = None
    total: int | msgspec.UnsetType = msgspec.UNSET


def listing(
    request: HttpRequest,
    page: Page[T],
    *,
    public: bool = False,
) -> Response[Page[T]]:
    """A page with its entity tag and the link to the next one; for a reader who has these very bytes, 304."""
    return encoded_listing(request, encode(page), page.next_cursor, public=public)


def encoded_listing(
    request: HttpRequest,
    body: bytes,
    next_cursor: str | None,
    *,
    public: bool = False,
) -> Response[Any]:  # Any: the bytes do not tell what they are of
    """`listing` for bytes that come out of a cache."""
    headers = {"ETag": etag(body)}
    if next_cursor is not None:
        address = next_address(request.scope["path"], request.scope["query_string"], next_cursor)
        headers["Link"] = f'<{address}>; rel="next"'
    return representation(request, body, public=public, headers=headers)


@lru_cache(1024)
def next_address(path: str, query: bytes, cursor: str) -> str:
    """The same path and query, with another cursor (RFC 8288: a reference relative to the request)."""
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    others = [(name, value) for name, value in pairs if name != "cursor"]
    return f"{quote(path)}?{urlencode([*others, ('cursor', cursor)])}"


def encode_cursor(*keys: Key) -> str:
    """The sort keys of the last row, as text that means nothing to a client."""
    body = encode(keys)
    return urlsafe_b64encode(body + blake2b(body, digest_size=CHECKSUM).digest()).decode().rstrip("=")


def decode_cursor(text: str, *kinds: type[Key]) -> tuple[Any, ...]:  # Any: one value for each kind
    """The keys that `encode_cursor` was given; raises `InvalidCursor` for every text that it would not have made."""
    try:
        keys = decoder(kinds).decode(urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-CHECKSUM])
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise InvalidCursor from None
    if len(text) > LONGEST or encode_cursor(*keys) != text or not all(map(plausible, keys)):
        raise InvalidCursor
    return keys


@lru_cache(64)
def decoder(kinds: tuple[type[Key], ...]) -> Decoder[tuple[Any, ...]]:  # Any: one value for each kind
    """A strict decoder of one kind of cursor."""
    return Decoder(tuple[kinds])  # type: ignore[valid-type]


def plausible(key: Key) -> bool:
    """Whether the database can compare with it."""
    match key:
        case datetime():
            return key.tzinfo is not None and EARLIEST <= key < END
        case str():
            return UNSTORABLE.search(key) is None
        case int():
            return -(2**63) <= key < 2**63
        case _:
            return True
