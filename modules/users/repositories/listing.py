"""Lists of people, read beside the unit of work."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.reads import Query
from modules.users.models import FollowRow, UserRow
from modules.users.repositories.users import PRESENT, RECORD, UserRecord
from modules.users.schemas import Profile

Sort: TypeAlias = Literal["created_at", "-created_at", "email", "-email", "name", "-name"]
Side: TypeAlias = Literal["followers", "following"]


class Total(msgspec.Struct, frozen=True):
    """How many there are."""

    count: int


class FollowRecord(Profile, frozen=True, kw_only=True):
    """Somebody who follows or is followed; ``follow_id`` sorts by the time of that."""

    follow_id: UUID


class FollowPair(msgspec.Struct, frozen=True):
    """One person follows another."""

    follower_id: UUID
    followee_id: UUID


class UserFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which people an administrator looks for."""

    q: str | None = None
    role: str | None = None
    is_superuser: bool | None = None
    is_active: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None

    def given(self) -> dict[str, Any]:  # Any: values of any type of PostgreSQL
        """The parameters of a query of this form."""
        values = {**msgspec.structs.asdict(self), "role": None if self.role is None else [self.role]}
        return {name: value for name, value in values.items() if value is not None}


def holds_text(column: Any) -> ColumnElement[bool]:  # Any: a mapped column
    """Whether ``q`` is in it as it is written, but for its case: no character means anything else."""
    return func.strpos(func.lower(column), func.lower(bindparam("q", type_=String()))) > 0


CONDITIONS: dict[str, ColumnElement[bool]] = {
    "q": or_(*map(holds_text, (UserRow.email, UserRow.username, UserRow.name))),
    "role": UserRow.roles.contains(bindparam("role", type_=ARRAY(String(100)))),
    "is_superuser": UserRow.is_superuser == bindparam("is_superuser", type_=Boolean()),
    "is_active": UserRow.is_active == bindparam("is_active", type_=Boolean()),
    "created_from": UserRow.created_at >= bindparam("created_from", type_=DateTime(timezone=True)),
    "created_to": UserRow.created_at < bindparam("created_to", type_=DateTime(timezone=True)),
}

ORDERS: dict[str, tuple[ColumnElement[Any], Any]] = {  # Any: columns of two types
    "created_at": (UserRow.created_at.expression, DateTime(timezone=True)),
    "email": (UserRow.email.expression, String()),
    "name": (UserRow.name.expression, String()),
}


@lru_cache(256)
def page_query(form: frozenset[str], sort: Sort, *, further: bool) -> Query[UserRecord]:
    """People who fulfil the conditions named by ``form``; a ``further`` page begins after a position."""
    column, kind = ORDERS[sort.removeprefix("-")]
    descending = sort.startswith("-")
    statement = RECORD.where(*conditions(form))
    if further:
        place = tuple_(column, UserRow.id)
        position = tuple_(bindparam("after", type_=kind), bindparam("after_id", type_=Uuid()))
        statement = statement.where(place < position if descending else place > position)
    directed = [each.desc() if descending else each.asc() for each in (column, UserRow.id)]
    return Query(statement.order_by(*directed).limit(bindparam("rows", type_=Integer())), UserRecord)


@lru_cache(128)
def total_query(form: frozenset[str]) -> Query[Total]:
    """How many fulfil the conditions named by ``form``."""
    return Query(select(func.count().label("count")).select_from(UserRow).where(*conditions(form)), Total)


def conditions(form: frozenset[str]) -> list[ColumnElement[bool]]:
    """In a fixed order, so that one form is one statement."""
    return [PRESENT, *(condition for name, condition in CONDITIONS.items() if name in form)]


@lru_cache(4)
def follows_query(side: Side, *, further: bool) -> Query[FollowRecord]:
    """The newest follows of somebody, with the people on the other side; a ``further`` page begins before one."""
    own, other = FollowRow.followee_id, FollowRow.follower_id
    if side == "following":
        own, other = other, own
    columns = [getattr(UserRow, field.name) for field in msgspec.structs.fields(Profile)]
    statement = (
        select(*columns, FollowRow.id.label("follow_id"))
        .join(UserRow, UserRow.id == other)
        .where(own == bindparam("user_id", type_=Uuid()), PRESENT)
    )
    if further:
        statement = statement.where(FollowRow.id < bindparam("before", type_=Uuid()))
    return Query(statement.order_by(FollowRow.id.desc()).limit(bindparam("rows", type_=Integer())), FollowRecord)


ME, THEM = bindparam("me", type_=Uuid()), any_(bindparam("ids", type_=ARRAY(Uuid)))
BETWEEN = Query(
    select(FollowRow.follower_id, FollowRow.followee_id).where(
        or_(
            and_(FollowRow.follower_id == ME, FollowRow.followee_id == THEM),
            and_(FollowRow.followee_id == ME, FollowRow.follower_id == THEM),
        )
    ),
    FollowPair,
)
"""All follows between somebody and some others."""
