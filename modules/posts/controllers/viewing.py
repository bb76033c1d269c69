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
        """Bookmark a post, which nobody else can see; repeating it changes nothing."""
        await bookmark_service.keep(me, post_id)

    @delete("/{post_id:uuid}/bookmark", operation_id="unbookmarkPost", status_code=204)
    async def let_go(
        self,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        bookmark_service: NamedDependency[BookmarkService],
    ) -> None:
        """Remove a bookmark, if there is one."""
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
        """Bookmarked posts that the caller may read, the latest bookmark first."""
        return listing(request, await viewer_reads.bookmarks(me, cursor=cursor, limit=limit))

    @get("/viewer-state", operation_id="getPostViewerState")
    async def states(
        self, request: HttpRequest, me: NamedDependency[Principal], viewer_reads: NamedDependency[ViewerReads], ids: Ids
    ) -> Response[PostViewerStates]:
        """The caller's reactions to these posts, and whether they are bookmarked."""
        return resource(request, await viewer_reads.states(me.id, parse_ids(ids)), version=0)
