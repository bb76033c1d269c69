"""Lists over HTTP: what a client may ask of every one, and the link to the next page."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

import msgspec
from litestar import Response
from litestar.params import QueryParameter

from kernel.cache import Entry, Loaded
from kernel.http.conditional import representation
from kernel.http.encoding import encode
from kernel.http.request import HttpRequest
from kernel.http.strictness import parsed
from kernel.pagination import Page

T = TypeVar("T")

DEFAULT_LIMIT = 20

Moment: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Limit: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100, description="Maximum number of items.")]
Cursor: TypeAlias = Annotated[str | None, QueryParameter(description="The `next_cursor` of the previous page.")]
From: TypeAlias = Annotated[Moment | None, QueryParameter(description="From this time on.")]
To: TypeAlias = Annotated[Moment | None, QueryParameter(description="Before this time.")]
IncludeTotal: TypeAlias = Annotated[bool, QueryParameter(description="Also return the `total` number of matches.")]


def listing(
    request: HttpRequest,
    page: Page[T],
    *,
    public: bool = False,
) -> Response[Page[T]]:
    """A page with its entity tag and the link to the next one; for a reader who has these very bytes, 304."""
    return stored_listing(request, Loaded(encode(page), next_cursor=page.next_cursor), public=public)


def stored_listing(request: HttpRequest, stored: Loaded | Entry, *, public: bool = False) -> Response[Any]:
    """`listing` for bytes out of a cache."""  # Any: the bytes do not tell what they are of
    headers = {"ETag": stored.tag}
    if stored.next_cursor is not None:
        address = next_address(request.scope["path"], request.scope["query_string"], stored.next_cursor)
        headers["Link"] = f'<{address}>; rel="next"'
    return representation(request, stored.body, public=public, headers=headers)


@lru_cache(1024)
def next_address(path: str, query: bytes, cursor: str) -> str:
    """The same path and query, with another cursor (RFC 8288: a reference relative to the request)."""
    others = [(name, value) for name, value in parsed(query) if name != "cursor"]
    return f"{quote(path)}?{urlencode([*others, ('cursor', cursor)], errors='surrogateescape')}"
