"""Ways to posts that one does not know yet."""

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, public, signed_in
from modules.posts.schemas import FoundPost, PostSummary, TagCount
from modules.posts.services import FOLLOWED, Discovery
from modules.users import Follows


class DiscoveryController(Controller):
    """Tags, feed, search."""

    @get("/tags", operation_id="listTags", guards=[public])
    async def popular(
        self,
        request: HttpRequest,
        discovery: NamedDependency[Discovery],
        q: Annotated[
            str | None, QueryParameter(max_length=50, description="How they begin, in upper or lower case.")
        ] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[TagCount]]:
        """Tags of published posts, those of most posts first, and of as many posts from A to Z."""
        return listing(request, await discovery.tags(q.lower() if q else None, cursor=cursor, limit=limit), public=True)

    @get("/feed", operation_id="showFeed", guards=[signed_in])
    async def feed(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        follows: NamedDependency[Follows],
        discovery: NamedDependency[Discovery],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[PostSummary]]:
        """What those have published whom the caller follows, newest first.

        Who follows more than a thousand sees the thousand whom they began to follow last.
        """
        author_ids = await follows.followee_ids(me.id, limit=FOLLOWED)
        return listing(request, await discovery.feed(author_ids, cursor=cursor, limit=limit))

    @get("/search", operation_id="searchPosts", guards=[public])
    async def search(
        self,
        request: HttpRequest,
        discovery: NamedDependency[Discovery],
        q: Annotated[
            str,
            QueryParameter(min_length=1, max_length=200, description="Words, in any language; nothing is an operator."),
        ],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[FoundPost]]:
        """Published posts that contain every word in title, tags or body, the best first.

        A word is found as it is written, in upper or lower case. Of more than 500 posts the 500 newest are ranked.
        """
        return listing(request, await discovery.search(q, cursor=cursor, limit=limit), public=True)
