"""Who follows whom."""

from uuid import UUID

from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import CannotFollowYourself, Follows, UserFollowed
from modules.users.entities import popularity
from modules.users.repositories import FollowRepository, UserRepository


class FollowService(Follows):
    """Following and unfollowing, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._users = UserRepository(session=uow.session)
        self._follows = FollowRepository(session=uow.session)

    async def follow(self, follower_id: UUID, followee_id: UUID) -> None:
        """Follow, or go on following; raises `CannotFollowYourself` or `NotFound`."""
        await self._lock_both(follower_id, followee_id)
        if await self._follows.insert_if_absent(follower_id, followee_id):
            await self._users.count_follow(follower_id, followee_id, +1)
            self._uow.changes(popularity(follower_id), popularity(followee_id))
            await self._uow.publish(UserFollowed(follower_id=follower_id, followee_id=followee_id))

    async def unfollow(self, follower_id: UUID, followee_id: UUID) -> None:
        """Stop following, if so; raises `CannotFollowYourself` or `NotFound`."""
        await self._lock_both(follower_id, followee_id)
        if await self._follows.delete_if_present(follower_id, followee_id):
            await self._users.count_follow(follower_id, followee_id, -1)
            self._uow.changes(popularity(follower_id), popularity(followee_id))

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        return await self._follows.follower_ids(user_id, after=after, limit=limit)

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        return await self._follows.followee_ids(user_id, limit=limit)

    async def _lock_both(self, follower_id: UUID, followee_id: UUID) -> None:
        if follower_id == followee_id:
            raise CannotFollowYourself
        if await self._users.lock_pair(follower_id, followee_id) < 2:
            raise NotFound
