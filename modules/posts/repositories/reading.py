"""Posts as they are committed, read beside the unit of work."""

import re
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    ScalarSelect,
    String,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import TypeEngine

from kernel.reads import Query
from modules.posts.contracts import Post
from modules.posts.models import PostRow
from modules.posts.schemas import TAG

Order: TypeAlias = Literal["newest", "oldest", "top"]

Position: TypeAlias = tuple[datetime | int, UUID]
"""Where a page ended: no two posts share one."""


class Visibility(msgspec.Struct, frozen=True, kw_only=True):
    """What decides who may see a post."""

    author_id: UUID
    status: str


class SummaryRecord(msgspec.Struct, frozen=True):
    """A post as lists show it."""

    id: UUID
    author_id: UUID
    slug: str
    title: str
    excerpt: str
    tags: list[str]
    status: str
    published_at: datetime | None
    scheduled_for: datetime | None
    reactions: dict[str, int]
    reactions_count: int
    comments_count: int
    version: int
    created_at: datetime
    updated_at: datetime


class PostRecord(SummaryRecord, frozen=True):
    """A post as it is read."""

    body: str


class Total(msgspec.Struct, frozen=True):
    """How many there are."""

    count: int


class PostFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which published posts, and in which order."""

    author_id: UUID | None = None
    tag: str | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    order: Order = "newest"

    def given(self) -> dict[str, Any]:  # Any: values of any type of PostgreSQL
        """The parameters of a query of this form."""
        tags = None if self.tag is None else [self.tag]
        values = {**msgspec.structs.asdict(self), "tag": tags}
        return {name: values[name] for name in CONDITIONS if values[name] is not None}


def columns_of(kind: type[SummaryRecord]) -> list[InstrumentedAttribute[Any]]:  # Any: of any type of PostgreSQL
    """What a record is made of."""
    return [getattr(PostRow, field.name) for field in msgspec.structs.fields(kind)]


# Written out, not bound: with a parameter in it, a statement that is planned once could not use a partial index.
PRESENT = PostRow.deleted_at.is_(None)
PUBLISHED = PostRow.status == literal_column("'published'")
PUBLIC = and_(PUBLISHED, PRESENT)
SCHEDULED = and_(PostRow.status == literal_column("'scheduled'"), PRESENT)

OF_POST = PostRow.id == bindparam("post_id", type_=Uuid())
VISIBILITY = Query(select(PostRow.author_id, PostRow.status).where(PRESENT, OF_POST), Visibility)
FULL = select(*columns_of(PostRecord)).where(PRESENT)
NAMED = Query(
    select(*(getattr(PostRow, field.name) for field in msgspec.structs.fields(Post))).where(
        PRESENT, PostRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
    ),
    Post,
)
BY_ID = Query(FULL.where(PostRow.id == any_(bindparam("ids", type_=ARRAY(Uuid)))), PostRecord)
BY_SLUG = Query(FULL.where(PostRow.slug == bindparam("slug", type_=String())), PostRecord)

TAGS = ARRAY(String(50))

CONDITIONS: dict[str, ColumnElement[bool]] = {
    "author_id": PostRow.author_id == bindparam("author_id", type_=Uuid()),
    "tag": PostRow.tags.contains(bindparam("tag", type_=TAGS)),
    "published_from": PostRow.published_at >= bindparam("published_from", type_=DateTime(timezone=True)),
    "published_to": PostRow.published_at < bindparam("published_to", type_=DateTime(timezone=True)),
}


@lru_cache(512)
def page_query(
    form: frozenset[str], order: Order, *, further: bool, rows: int, tag: str | None = None
) -> Query[SummaryRecord]:
    """Published posts that fulfil the conditions named by ``form``; a ``further`` page begins after a position.

    The number of rows is written out, so that PostgreSQL plans the statement once, and so is the tag: how many posts
    carry it decides between the index of tags and that of the order.
    """
    key, kind = (PostRow.reactions_count, BigInteger()) if order == "top" else (PostRow.published_at, DateTime(True))
    place = tuple_(key, PostRow.id)
    statement = select(*columns_of(SummaryRecord)).where(PUBLIC, *conditions(form - {"tag"}))
    if tag is not None:
        statement = statement.where(carries(tag))
    if further:
        position = tuple_(unseen("after", kind), unseen("after_id", Uuid()))
        statement = statement.where(place > position if order == "oldest" else place < position)
    directed = [column.asc() if order == "oldest" else column.desc() for column in (key, PostRow.id)]
    statement = statement.order_by(*directed).limit(literal_column(str(rows), Integer))
    return Query(statement, SummaryRecord)


def unseen(name: str, kind: TypeEngine[Any]) -> ScalarSelect[Any]:  # Any: of any type of PostgreSQL
    """A parameter that the planner cannot look at, so that it plans once: it would plan anew for every position."""
    return select(bindparam(name, type_=kind)).scalar_subquery()


@lru_cache(64)
def total_query(form: frozenset[str], *, further: bool) -> Query[Total]:
    """How many published posts fulfil the conditions named by ``form``; on a ``further`` page, of late."""
    found = select(func.count().label("count")).select_from(PostRow)
    return Query(found.where(PUBLIC, *conditions(form)), Total, tolerates_lag=further)  # the others fill the cache


@lru_cache(4)
def own_query(*, of_status: bool, further: bool) -> Query[SummaryRecord]:
    """Posts of one author in all states or in one, newest first."""
    statement = select(*columns_of(SummaryRecord)).where(PRESENT, CONDITIONS["author_id"])
    if of_status:
        statement = statement.where(PostRow.status == bindparam("status", type_=String()))
    if further:
        statement = statement.where(PostRow.id < bindparam("after_id", type_=Uuid()))
    return Query(statement.order_by(PostRow.id.desc()).limit(bindparam("rows", type_=Integer())), SummaryRecord)


def carries(tag: str) -> ColumnElement[bool]:
    """A condition with the tag written out, which only what looks like a tag can be."""
    if re.fullmatch(TAG, tag) is None:
        raise ValueError(tag)
    return PostRow.tags.contains(literal_column(f"'{{{tag}}}'::varchar[]", TAGS))


def conditions(form: frozenset[str]) -> list[ColumnElement[bool]]:
    """In a fixed order, so that one form is one statement."""
    return [condition for name, condition in CONDITIONS.items() if name in form]


def place_of(record: SummaryRecord, order: Order) -> Position:
    """Where a published post stands in a list."""
    return record.reactions_count if order == "top" else record.published_at or record.created_at, record.id
