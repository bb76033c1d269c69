"""Who follows whom."""

from uuid import UUID

from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from modules.users.cache_entities import popularity
from modules.users.contracts import CannotFollowYourself, Follows, UserFollowed
from modules.users.repositories import FollowRepository, UserRepository

AT_ONCE = 1000
"""Follows whose people are locked together."""


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

    async def recount(self, user_id: UUID) -> bool:
        """Bring others' counters up to whether somebody is here, some at a time; whether there may be more."""
        is_here = bool(await self._users.by_ids({user_id}))
        pairs = await self._follows.miscounted(user_id, is_here=is_here, limit=AT_ONCE)
        if not pairs:
            return False
        here = await self._users.lock_all({user_id, *(user for _, *both in pairs for user in both)})
        if is_here is not (user_id in here):
            return True
        right = [follow_id for follow_id, *both in pairs if not is_here or here.issuperset(both)]
        marked = await self._follows.mark(right, counted=is_here)
        await self._follows.add_to_counters(marked, +1 if is_here else -1)
        self._uow.changes(*(popularity(user) for _, *both in pairs for user in both))
        return len(pairs) == AT_ONCE

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        return await self._follows.follower_ids(user_id, after=after, limit=limit)

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        return await self._follows.followee_ids(user_id, limit=limit)

    async def _lock_both(self, follower_id: UUID, followee_id: UUID) -> None:
        if follower_id == followee_id:
            raise CannotFollowYourself
        if len(await self._users.lock_all((follower_id, followee_id))) < 2:
            raise NotFound
