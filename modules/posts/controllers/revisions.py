"""What posts said before."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter

from kernel.errors import PermissionDenied
from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, signed_in
from kernel.versions import IfMatch
from modules.posts.schemas import FullPost, Revision, RevisionSummary
from modules.posts.services import PostService, RevisionReads

Number: TypeAlias = Annotated[int, PathParameter(ge=1, le=2**31 - 1)]

FORBIDDEN = {"problems": [PermissionDenied]}


class RevisionController(Controller):
    """Every edit of title, body or tags leaves what was there before; author and moderators may see it."""

    path = "/{post_id:uuid}/revisions"

    @get(operation_id="listRevisions", guards=[signed_in], opt=FORBIDDEN)
    async def show_all(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        revision_reads: NamedDependency[RevisionReads],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[RevisionSummary]]:
        """All revisions of a post, the current text first."""
        return listing(request, await revision_reads.page(me, post_id, cursor=cursor, limit=limit))

    @get("/{n:int}", operation_id="getRevision", guards=[signed_in], opt=FORBIDDEN)
    async def show(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        n: Number,
        me: NamedDependency[Principal],
        revision_reads: NamedDependency[RevisionReads],
    ) -> Response[Revision]:
        """One revision of a post."""
        shown = await revision_reads.read(me, post_id, n)
        return resource(request, shown.value, version=shown.version)

    @post("/{n:int}/restore", operation_id="restoreRevision", status_code=200, guards=[signed_in], opt=FORBIDDEN)
    async def restore(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        n: Number,
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Restore the text of a revision; the current text becomes a revision, too."""
        restored = await post_service.return_to(me, post_id, n, if_match)
        return resource(request, restored.value, version=restored.version)
