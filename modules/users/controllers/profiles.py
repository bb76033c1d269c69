"""One's own profile, and what anybody may see of people."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, patch, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, PathParameter

from kernel.http.conditional import resource, stored_resource
from kernel.http.request import HttpRequest
from kernel.security import Principal, public, signed_in
from kernel.versions import IfMatch
from modules.users.contracts import User, UsernameTaken
from modules.users.directory import UserDirectory
from modules.users.schemas import ChangeProfile, Profile, ReplaceProfile
from modules.users.services import UserService


class OwnProfileController(Controller):
    """The signed-in person."""

    path = "/me"
    guards = (signed_in,)

    @get(operation_id="getOwnProfile")
    async def show(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        user_directory: NamedDependency[UserDirectory],
    ) -> Response[User]:
        """The signed-in person, with private fields."""
        user = await user_directory.me(me.id)
        return stored_resource(request, user)

    @patch(operation_id="changeOwnProfile", opt={"problems": [UsernameTaken]})
    async def change(
        self,
        request: HttpRequest,
        data: JSONBody[ChangeProfile],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        user_service: NamedDependency[UserService],
    ) -> Response[User]:
        """Change what is given, keep the rest."""
        user = await user_service.change(me.id, data, if_match)
        return resource(request, user.value, version=user.version)

    @put(operation_id="replaceOwnProfile", opt={"problems": [UsernameTaken]})
    async def replace(
        self,
        request: HttpRequest,
        data: JSONBody[ReplaceProfile],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        user_service: NamedDependency[UserService],
    ) -> Response[User]:
        """Replace all editable fields of your profile."""
        user = await user_service.change(me.id, data, if_match)
        return resource(request, user.value, version=user.version)


class ProfileController(Controller):
    """What anybody may see of people."""

    guards = (public,)

    @get("/{user_id:uuid}", operation_id="getProfile")
    async def show(
        self, request: HttpRequest, user_id: FromPath[UUID], user_directory: NamedDependency[UserDirectory]
    ) -> Response[Profile]:
        """A person by id."""
        profile = await user_directory.profile(user_id)
        return stored_resource(request, profile, public=True)

    @get("/by-username/{username:str}", operation_id="getProfileByUsername")
    async def show_by_username(
        self,
        request: HttpRequest,
        username: Annotated[str, PathParameter(max_length=30)],
        user_directory: NamedDependency[UserDirectory],
    ) -> Response[Profile]:
        """A person by username."""
        profile = await user_directory.profile_by_username(username)
        return stored_resource(request, profile, public=True)
