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
        q: Annotated[str | None, QueryParameter(max_length=50, description="A prefix, in upper or lower case.")] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[TagCount]]:
        """Tags of published posts, the most used first, then in alphabetical order."""
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
        """Posts by the people whom the caller follows, newest first.

        Only the thousand people followed most recently are included.
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
            QueryParameter(min_length=1, max_length=200, description="Words, in any language; there are no operators."),
        ],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[FoundPost]]:
        """Published posts that contain every word in title, tags or body, best match first.

        Whole words are matched, in upper or lower case. Of more than 500 matches, the 500 newest are ranked.
        """
        return listing(request, await discovery.search(q, cursor=cursor, limit=limit), public=True)
