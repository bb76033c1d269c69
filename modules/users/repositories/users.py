"""People, within a transaction and beside it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, String, Uuid, and_, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from kernel.db import utc_now
from kernel.reads import Query
from modules.users.contracts import NewUser, User
from modules.users.models import RoleRow, UserRow


class UserRecord(User, frozen=True, kw_only=True):
    """A user as it is read beside the unit of work."""

    followers_count: int
    following_count: int
    version: int


class CallerRecord(msgspec.Struct, frozen=True):
    """What somebody may do, as it is stored; ``granted`` is what those roles give that are rows."""

    id: UUID
    is_active: bool
    is_superuser: bool
    roles: list[str]
    granted: list[str]


PRESENT = UserRow.deletion_requested_at.is_(None)
"""Who has not asked to be erased."""

IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
RECORD = select(*(getattr(UserRow, field.name) for field in msgspec.structs.fields(UserRecord)))
RECORDS = Query(RECORD.where(UserRow.id == IDS, PRESENT), UserRecord)
USERS = Query(
    select(*(getattr(UserRow, field.name) for field in msgspec.structs.fields(User))).where(UserRow.id == IDS, PRESENT),
    User,
)
BY_USERNAME = Query(RECORD.where(UserRow.username == bindparam("username"), PRESENT), UserRecord)
GRANTED = select(func.unnest(RoleRow.permissions)).where(RoleRow.name == any_(UserRow.roles)).scalar_subquery()
CALLERS = Query(
    select(
        UserRow.id,
        and_(UserRow.is_active, PRESENT).label("is_active"),
        UserRow.is_superuser,
        UserRow.roles,
        func.array(GRANTED, type_=ARRAY(String)).label("granted"),
    ).where(UserRow.id == IDS),
    CallerRecord,
)


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
        """Any number of users with a single query; none who is about to be erased."""
        return await self.get_many(UserRow.id.in_(ids), PRESENT)

    async def by_username(self, username: str) -> UserRow | None:
        """The holder of a username, unless they are about to be erased."""
        return await self.get_one_or_none(PRESENT, username=username)

    async def to_edit(self, user_id: UUID) -> UserRow | None:
        """The row as it is committed now, locked until the transaction ends."""
        return await self.get_one_or_none(
            id=user_id, with_for_update=True, execution_options={"populate_existing": True}
        )

    async def leaving_since(self, moment: datetime) -> Sequence[UUID]:
        """Who asked to be erased before that, the first to ask first."""
        asked = UserRow.deletion_requested_at
        return (await self.session.scalars(select(UserRow.id).where(asked < moment).order_by(asked).limit(1000))).all()

    async def has_superuser(self) -> bool:
        """Whether one is active."""
        found = select(UserRow.id).where(UserRow.is_superuser, UserRow.is_active, PRESENT).limit(1)
        return await self.session.scalar(found) is not None

    async def lock_superusers_with(self, user_id: UUID) -> set[UUID]:
        """Lock all active superusers if this is one, in the order of their ids; who they are."""
        is_one = select(UserRow.is_superuser).where(UserRow.id == user_id).scalar_subquery()
        found = await self.session.scalars(
            select(UserRow.id)
            .where(UserRow.is_superuser, UserRow.is_active, PRESENT, is_one)
            .order_by(UserRow.id)
            .with_for_update()
        )
        return set(found.all())

    async def lock_all(self, ids: Collection[UUID]) -> set[UUID]:
        """Lock people in an order that all agree on, so that mutual follows cannot deadlock; who of them is here."""
        found = await self.session.execute(
            select(UserRow.id, PRESENT).where(UserRow.id.in_(ids)).order_by(UserRow.id).with_for_update()
        )
        return {user_id for user_id, is_here in found.tuples() if is_here}

    async def count_follow(self, follower_id: UUID, followee_id: UUID, change: int) -> None:
        """Keep both counters in step with the rows; not an edit, so no new version."""
        for user_id, counter in ((follower_id, UserRow.following_count), (followee_id, UserRow.followers_count)):
            await self.session.execute(
                update(UserRow)
                .where(UserRow.id == user_id)
                .values({counter: counter + change, UserRow.updated_at: UserRow.updated_at})
                .execution_options(synchronize_session=False)
            )

    async def count_active(self, role: str | None, *, up_to: UUID) -> int:
        """How many are active, have that role if one is given, and an id up to that one."""
        counted = select(func.count()).select_from(UserRow).where(*active(role, up_to))
        return await self.session.scalar(counted) or 0

    async def active_ids(self, role: str | None, *, after: UUID | None, up_to: UUID, limit: int) -> list[UUID]:
        """Some of them, in ascending order."""
        statement = select(UserRow.id).where(*active(role, up_to))
        if after is not None:
            statement = statement.where(UserRow.id > after)
        return list((await self.session.scalars(statement.order_by(UserRow.id).limit(limit))).all())


def active(role: str | None, up_to: UUID) -> list[ColumnElement[bool]]:
    """The conditions of being reached."""
    has_role = [] if role is None else [UserRow.roles.contains([role])]
    return [UserRow.is_active.is_(True), PRESENT, UserRow.id <= up_to, *has_role]
