"""Following people."""

from uuid import UUID

from litestar import Controller, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from kernel.security import Principal, signed_in
from modules.users.contracts import CannotFollowYourself
from modules.users.services import FollowService


class FollowController(Controller):
    """Following people."""

    path = "/{user_id:uuid}/follow"
    guards = (signed_in,)
    opt = {"problems": [CannotFollowYourself]}  # noqa: RUF012 - as Litestar wants it

    @put(operation_id="follow", status_code=204)
    async def follow(
        self, user_id: FromPath[UUID], me: NamedDependency[Principal], follow_service: NamedDependency[FollowService]
    ) -> None:
        """Follow somebody; doing it twice is doing it once."""
        await follow_service.follow(me.id, user_id)

    @delete(operation_id="unfollow", status_code=204)
    async def unfollow(
        self, user_id: FromPath[UUID], me: NamedDependency[Principal], follow_service: NamedDependency[FollowService]
    ) -> None:
        """Stop following somebody; fine if you did not."""
        await follow_service.unfollow(me.id, user_id)
