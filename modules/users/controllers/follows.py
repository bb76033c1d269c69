"""Following people, and who follows whom."""

from uuid import UUID

from litestar import Controller, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from kernel.http.conditional import resource
from kernel.http.ids import Ids, parse_ids
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, public, signed_in
from modules.users.contracts import CannotFollowYourself
from modules.users.directory import UserDirectory
from modules.users.schemas import Profile, ViewerStates
from modules.users.services import FollowService, UserLists


class FollowController(Controller):
    """Following people."""

    path = "/{user_id:uuid}/follow"
    guards = (signed_in,)
    opt = {"problems": [CannotFollowYourself]}  # noqa: RUF012 - as Litestar wants it

    @put(operation_id="follow", status_code=204)
    async def follow(
        self, user_id: FromPath[UUID], me: NamedDependency[Principal], follow_service: NamedDependency[FollowService]
    ) -> None:
        """Follow somebody; repeating it changes nothing."""
        await follow_service.follow(me.id, user_id)

    @delete(operation_id="unfollow", status_code=204)
    async def unfollow(
        self, user_id: FromPath[UUID], me: NamedDependency[Principal], follow_service: NamedDependency[FollowService]
    ) -> None:
        """Stop following somebody, if you do."""
        await follow_service.unfollow(me.id, user_id)


class FollowListController(Controller):
    """Who follows whom. Who has asked to be erased is in no list."""

    guards = (public,)

    @get("/{user_id:uuid}/followers", operation_id="listFollowers")
    async def followers(
        self,
        request: HttpRequest,
        user_id: FromPath[UUID],
        user_directory: NamedDependency[UserDirectory],
        user_lists: NamedDependency[UserLists],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Profile]]:
        """A person's followers, newest first."""
        await user_directory.profile(user_id)
        page = await user_lists.follows(user_id, "followers", cursor=cursor, limit=limit)
        return listing(request, page, public=True)

    @get("/{user_id:uuid}/following", operation_id="listFollowing")
    async def following(
        self,
        request: HttpRequest,
        user_id: FromPath[UUID],
        user_directory: NamedDependency[UserDirectory],
        user_lists: NamedDependency[UserLists],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Profile]]:
        """The people whom a person follows, newest first."""
        await user_directory.profile(user_id)
        page = await user_lists.follows(user_id, "following", cursor=cursor, limit=limit)
        return listing(request, page, public=True)


class ViewerStateController(Controller):
    """What is between the caller and others: public resources carry nothing of it."""

    guards = (signed_in,)

    @get("/viewer-state", operation_id="getViewerState")
    async def show(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        user_lists: NamedDependency[UserLists],
        ids: Ids,
    ) -> Response[ViewerStates]:
        """Whether the caller follows these people, and is followed by them."""
        states = await user_lists.viewer_states(me.id, parse_ids(ids))
        return resource(request, states, version=0)
