"""Comments on posts."""

from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.errors import PermissionDenied
from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.pagination import Page
from kernel.security import Principal, public, signed_in
from kernel.versions import IfMatch
from modules.posts.schemas import ChangeComment, Comment, WriteComment
from modules.posts.services import CommentReads, CommentService


class CommentController(Controller):
    """Comments."""

    @get("/{post_id:uuid}/comments", operation_id="listComments", guards=[public])
    async def show_all(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        caller: NamedDependency[Principal | None],
        comment_reads: NamedDependency[CommentReads],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Comment]]:
        """Comments on a post in reading order: the oldest thread first, each comment followed by its replies.

        A deleted comment with replies keeps its place, without author and text.
        """
        page, is_public = await comment_reads.page(caller, post_id, cursor=cursor, limit=limit)
        return listing(request, page, public=is_public)

    @post("/{post_id:uuid}/comments", operation_id="writeComment", guards=[signed_in])
    async def write(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        data: JSONBody[WriteComment],
        me: NamedDependency[Principal],
        once: NamedDependency[Once],
        comment_service: NamedDependency[CommentService],
    ) -> Response[Comment]:
        """Comment on a post, or reply to a comment. There are two levels: a reply to a reply joins its thread."""

        async def effect() -> Response[Comment]:
            written = await comment_service.write(me, post_id, data)
            headers = {"Location": f"/api/v1/posts/comments/{written.value.id}"}
            return resource(request, written.value, version=written.version, status_code=201, headers=headers)

        return await once(str(me.id), effect)

    @get("/comments/{comment_id:uuid}", operation_id="getComment", guards=[public])
    async def show(
        self,
        request: HttpRequest,
        comment_id: FromPath[UUID],
        caller: NamedDependency[Principal | None],
        comment_reads: NamedDependency[CommentReads],
    ) -> Response[Comment]:
        """One comment."""
        comment, is_public = await comment_reads.read(caller, comment_id)
        return resource(request, comment.value, version=comment.version, public=is_public)

    @patch(
        "/comments/{comment_id:uuid}",
        operation_id="changeComment",
        guards=[signed_in],
        opt={"problems": [PermissionDenied]},
    )
    async def change(
        self,
        request: HttpRequest,
        comment_id: FromPath[UUID],
        data: JSONBody[ChangeComment],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        comment_service: NamedDependency[CommentService],
    ) -> Response[Comment]:
        """Change the text of a comment."""
        changed = await comment_service.change(me, comment_id, data, if_match)
        return resource(request, changed.value, version=changed.version)

    @delete(
        "/comments/{comment_id:uuid}",
        operation_id="deleteComment",
        guards=[signed_in],
        opt={"problems": [PermissionDenied]},
    )
    async def remove(
        self,
        comment_id: FromPath[UUID],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        comment_service: NamedDependency[CommentService],
    ) -> None:
        """Delete a comment for good; its replies stay."""
        await comment_service.delete(me, comment_id, if_match)
