"""Queries of the users module."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id, utc_now
from kernel.reads import Query
from modules.users.contracts import NewUser, User
from modules.users.models import FollowRow, UserRow


class UserRecord(User, frozen=True, kw_only=True):
    """A user as it is read beside the unit of work."""

    followers_count: int
    following_count: int
    version: int


RECORD = select(*(getattr(UserRow, field.name) for field in msgspec.structs.fields(UserRecord)))
BY_IDS = Query(RECORD.where(UserRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))), UserRecord)
BY_USERNAME = Query(RECORD.where(UserRow.username == bindparam("username")), UserRecord)


class UserRepository(SQLAlchemyAsyncRepository[UserRow]):
    """Users as a collection."""

    model_type = UserRow

    async def insert_unless_taken(self, person: NewUser, *, identity: str, username: str) -> UserRow | None:
        """The new row, or nothing if address or username are taken; waits for a twin that is not committed yet."""
        now = utc_now()
        values = {
            "email": person.email,
            "email_identity": identity,
            "username": username,
            "name": person.name,
            "is_superuser": person.is_superuser,
            "email_verified": person.email_verified,
            "version": 1,
            "created_at": now,
            "updated_at": now,
        }
        row: UserRow | None = await self.session.scalar(
            insert(UserRow).values(values).on_conflict_do_nothing().returning(UserRow)
        )
        return row

    async def by_ids(self, ids: set[UUID]) -> Sequence[UserRow]:
        """Any number of users with a single query."""
        return await self.get_many(UserRow.id.in_(ids))

    async def to_edit(self, user_id: UUID) -> UserRow | None:
        """The row, locked until the transaction ends."""
        return await self.get_one_or_none(id=user_id, with_for_update=True)

    async def lock_pair(self, one: UUID, other: UUID) -> int:
        """Lock two people in an order that all agree on, so that mutual follows cannot deadlock; how many exist."""
        ids = (one, other)
        found = await self.session.scalars(
            select(UserRow.id).where(UserRow.id.in_(ids)).order_by(UserRow.id).with_for_update()
        )
        return len(found.all())

    async def count_follow(self, follower_id: UUID, followee_id: UUID, change: int) -> None:
        """Keep both counters in step with the rows; not an edit, so no new version."""
        for user_id, counter in ((follower_id, UserRow.following_count), (followee_id, UserRow.followers_count)):
            await self.session.execute(
                update(UserRow)
                .where(UserRow.id == user_id)
                .values({counter: counter + change, UserRow.updated_at: UserRow.updated_at})
                .execution_options(synchronize_session=False)
            )


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
        """Whether there was one before."""
        statement = (
            delete(FollowRow)
            .where(FollowRow.follower_id == follower_id, FollowRow.followee_id == followee_id)
            .returning(FollowRow.id)
        )
        return (await self.session.execute(statement)).first() is not None

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        """One page, in ascending order of ids, straight from the index."""
        statement = select(FollowRow.follower_id).where(FollowRow.followee_id == user_id)
        if after is not None:
            statement = statement.where(FollowRow.follower_id > after)
        return list((await self.session.scalars(statement.order_by(FollowRow.follower_id).limit(limit))).all())
