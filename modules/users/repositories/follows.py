"""Follows, within a transaction and beside it."""

from collections.abc import Collection
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, func, select, union, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id, utc_now
from modules.users.models import FollowRow, UserRow
from modules.users.repositories.users import PRESENT

PAIRS = ((FollowRow.follower_id, FollowRow.followee_id), (FollowRow.followee_id, FollowRow.follower_id))
"""Whom somebody follows, and who follows them."""


class FollowRepository(SQLAlchemyAsyncRepository[FollowRow]):
    """Follows as a collection."""

    model_type = FollowRow

    async def insert_if_absent(self, follower_id: UUID, followee_id: UUID) -> bool:
        """Whether there was none before."""
        statement = (
            insert(FollowRow)
            .values(id=new_id(), follower_id=follower_id, followee_id=followee_id, created_at=utc_now())
            .on_conflict_do_nothing()
            .returning(FollowRow.id)
        )
        return (await self.session.execute(statement)).first() is not None

    async def delete_if_present(self, follower_id: UUID, followee_id: UUID) -> bool:
        """Whether there was one before that counted."""
        counted = await self.session.scalar(
            delete(FollowRow)
            .where(FollowRow.follower_id == follower_id, FollowRow.followee_id == followee_id)
            .returning(FollowRow.counted)
        )
        return counted is True

    async def miscounted(self, user_id: UUID, *, is_here: bool, limit: int) -> list[tuple[UUID, UUID, UUID]]:
        """Some follows of and by somebody that count and should not, or should, since both are here: ids and people."""
        found: list[tuple[UUID, UUID, UUID]] = []
        for own, other in PAIRS:
            statement = select(FollowRow.id, FollowRow.follower_id, FollowRow.followee_id).where(
                own == user_id, FollowRow.counted.is_not(is_here)
            )
            if is_here:
                statement = statement.join(UserRow, UserRow.id == other).where(PRESENT)
            rows = await self.session.execute(statement.limit(limit - len(found)))
            found += rows.tuples()
        return found

    async def mark(self, ids: Collection[UUID], *, counted: bool) -> list[UUID]:
        """From now on these count, or do not; which of them are there and did not until now, or did."""
        marked = await self.session.scalars(
            update(FollowRow)
            .where(FollowRow.id.in_(ids), FollowRow.counted.is_not(counted))
            .values(counted=counted)
            .returning(FollowRow.id)
            .execution_options(synchronize_session=False)
        )
        return list(marked.all())

    async def add_to_counters(self, ids: Collection[UUID], change: int) -> None:
        """So much for each of these follows, to the counters of both its people."""
        for side, counter in (
            (FollowRow.followee_id, UserRow.followers_count),
            (FollowRow.follower_id, UserRow.following_count),
        ):
            each = select(side.label("id"), func.count().label("n")).where(FollowRow.id.in_(ids)).group_by(side)
            affected = each.subquery()
            await self.session.execute(
                update(UserRow)
                .where(UserRow.id == affected.c.id)
                .values({counter: counter + change * affected.c.n, UserRow.updated_at: UserRow.updated_at})
                .execution_options(synchronize_session=False)
            )

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        """One page, in ascending order of ids, straight from the index."""
        statement = select(FollowRow.follower_id).where(FollowRow.followee_id == user_id)
        if after is not None:
            statement = statement.where(FollowRow.follower_id > after)
        return list((await self.session.scalars(statement.order_by(FollowRow.follower_id).limit(limit))).all())

    async def delete_all_of(self, user_id: UUID) -> list[UUID]:
        """Forget whom somebody follows and who follows them, in rows and counters; who the others are."""
        others = union(*(select(other.label("id")).where(own == user_id) for own, other in PAIRS)).subquery()
        locked = await self.session.scalars(
            select(UserRow.id).where(UserRow.id.in_(select(others.c.id))).order_by(UserRow.id).with_for_update()
        )
        known = list(locked.all())
        for (own, other), counter in zip(PAIRS, (UserRow.followers_count, UserRow.following_count), strict=True):
            gone = delete(FollowRow).where(own == user_id).returning(other.label("id"), FollowRow.counted).cte("gone")
            await self.session.execute(
                update(UserRow)
                .where(UserRow.id.in_(select(gone.c.id).where(gone.c.counted)))
                .values({counter: counter - 1, UserRow.updated_at: UserRow.updated_at})
                .execution_options(synchronize_session=False)
            )
        return known

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        """The newest, straight from the index."""
        statement = select(FollowRow.followee_id).where(FollowRow.follower_id == user_id)
        return list((await self.session.scalars(statement.order_by(FollowRow.id.desc()).limit(limit))).all())
