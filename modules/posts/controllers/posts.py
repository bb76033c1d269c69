"""Writing, publishing and reading posts."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter, QueryParameter

from kernel.errors import PermissionDenied
from kernel.http.conditional import resource, stored_resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, From, IncludeTotal, Limit, To, listing, stored_listing
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.pagination import Page
from kernel.security import Principal, public, signed_in
from kernel.versions import IfMatch
from modules.posts.contracts import Status
from modules.posts.repositories import Order, PostFilters
from modules.posts.schemas import TAG, ChangePost, FullPost, PostSummary, ReplacePost, WritePost
from modules.posts.services import PostReads, PostService


class PostController(Controller):
    """Posts."""

    @get(operation_id="listPosts", guards=[public])
    async def show_all(
        self,
        request: HttpRequest,
        post_reads: NamedDependency[PostReads],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        author: Annotated[str | None, QueryParameter(max_length=36, description="A username or a user id.")] = None,
        tag: Annotated[str | None, QueryParameter(pattern=TAG, description="Posts with this tag.")] = None,
        published_from: From = None,
        published_to: To = None,
        sort: FromQuery[Order] = "newest",
        include_total: IncludeTotal = False,
    ) -> Response[Page[PostSummary]]:
        """Published posts, newest first; with `sort=top`, those with the most reactions first.

        For an unknown author, the list is empty.
        """
        filters = PostFilters(tag=tag, published_from=published_from, published_to=published_to, order=sort)
        page = await post_reads.page(filters, author=author, cursor=cursor, limit=limit, include_total=include_total)
        return stored_listing(request, page, public=True)

    @get("/mine", operation_id="listOwnPosts", guards=[signed_in])
    async def show_own(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        post_reads: NamedDependency[PostReads],
        status: Annotated[Status | None, QueryParameter(description="Only posts in this state.")] = None,
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[PostSummary]]:
        """The caller's own posts in all states, newest first."""
        return listing(request, await post_reads.own_page(me.id, status=status, cursor=cursor, limit=limit))

    @post(operation_id="writePost", guards=[signed_in])
    async def write(
        self,
        request: HttpRequest,
        data: JSONBody[WritePost],
        me: NamedDependency[Principal],
        once: NamedDependency[Once],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Create a post, as a draft or published at once."""

        async def effect() -> Response[FullPost]:
            written = await post_service.write(me, data)
            headers = {"Location": f"/api/v1/posts/{written.value.id}"}
            return resource(request, written.value, version=written.version, status_code=201, headers=headers)

        return await once(str(me.id), effect)

    @get("/{post_id:uuid}", operation_id="getPost", guards=[public])
    async def show(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        caller: NamedDependency[Principal | None],
        post_reads: NamedDependency[PostReads],
    ) -> Response[FullPost]:
        """A post by id; unpublished ones only for their author and holders of `posts:read:any`."""
        shown, is_public = await post_reads.read(caller, post_id)
        return stored_resource(request, shown, public=is_public)

    @get("/by-slug/{slug:str}", operation_id="getPostBySlug", guards=[public])
    async def show_by_slug(
        self,
        request: HttpRequest,
        slug: Annotated[str, PathParameter(max_length=120)],
        caller: NamedDependency[Principal | None],
        post_reads: NamedDependency[PostReads],
    ) -> Response[FullPost]:
        """A post by slug; unpublished ones only for their author and holders of `posts:read:any`."""
        shown, is_public = await post_reads.read_by_slug(caller, slug)
        return stored_resource(request, shown, public=is_public)

    @patch("/{post_id:uuid}", operation_id="changePost", guards=[signed_in], opt={"problems": [PermissionDenied]})
    async def change(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        data: JSONBody[ChangePost],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Change what is given, keep the rest."""
        changed = await post_service.change(me, post_id, data, if_match)
        return resource(request, changed.value, version=changed.version)

    @put("/{post_id:uuid}", operation_id="replacePost", guards=[signed_in], opt={"problems": [PermissionDenied]})
    async def replace(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        data: JSONBody[ReplacePost],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Replace title, body and tags."""
        changed = await post_service.change(me, post_id, data, if_match)
        return resource(request, changed.value, version=changed.version)

    @delete("/{post_id:uuid}", operation_id="deletePost", guards=[signed_in], opt={"problems": [PermissionDenied]})
    async def remove(
        self,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> None:
        """Delete a post; it can be restored for thirty days."""
        await post_service.delete(me, post_id, if_match)
