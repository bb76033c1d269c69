"""What the caller does with posts, for their eyes only."""

from uuid import UUID

from litestar import Controller, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from kernel.http.conditional import resource
from kernel.http.ids import Ids, parse_ids
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, signed_in
from modules.posts.schemas import PostSummary, PostViewerStates
from modules.posts.services import BookmarkService, ViewerReads


class ViewerController(Controller):
    """Bookmarks, and all that public resources leave out because it is personal."""

    guards = (signed_in,)

    @put("/{post_id:uuid}/bookmark", operation_id="bookmarkPost", status_code=204)
    async def keep(
        self,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        bookmark_service: NamedDependency[BookmarkService],
    ) -> None:
        """Keep a post in mind; nobody else learns of it. Doing it twice is doing it once."""
        await bookmark_service.keep(me, post_id)

    @delete("/{post_id:uuid}/bookmark", operation_id="unbookmarkPost", status_code=204)
    async def let_go(
        self,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        bookmark_service: NamedDependency[BookmarkService],
    ) -> None:
        """Keep it in mind no longer; fine if you did not."""
        await bookmark_service.let_go(me, post_id)

    @get("/bookmarks", operation_id="listBookmarks")
    async def bookmarks(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        viewer_reads: NamedDependency[ViewerReads],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[PostSummary]]:
        """What the caller keeps in mind, the latest first; what they may not read at present is left out."""
        return listing(request, await viewer_reads.bookmarks(me, cursor=cursor, limit=limit))

    @get("/viewer-state", operation_id="getPostViewerState")
    async def states(
        self, request: HttpRequest, me: NamedDependency[Principal], viewer_reads: NamedDependency[ViewerReads], ids: Ids
    ) -> Response[PostViewerStates]:
        """What the caller does with these posts: public resources carry nothing of it."""
        return resource(request, await viewer_reads.states(me.id, parse_ids(ids)), version=0)
