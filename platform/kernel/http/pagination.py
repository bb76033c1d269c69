"""Lists over HTTP: what a client may ask of every one, and the link to the next page."""

from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from litestar import Response
from litestar.params import QueryParameter

from kernel.http.conditional import etag, representation
from kernel.http.encoding import encode
from kernel.http.request import HttpRequest
from kernel.pages import Page

T = TypeVar("T")

DEFAULT_LIMIT = 20

Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100, description="At most so many items.")]
Cursor: TypeAlias = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.")]
IncludeTotal: TypeAlias = Annotated[bool, QueryParameter(description="Count all that match, too.")]


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
