"""Posts as they are committed, read beside the unit of work."""

from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, DateTime, Integer, String, Uuid, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.reads import Query
from modules.posts.models import PostRow

Order: TypeAlias = Literal["newest", "oldest"]

Position: TypeAlias = tuple[datetime, UUID]
"""Where a page ended: no two posts share one."""

BEGINNING = 2_000
"""Characters of a body that a list is made from."""


class PostRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A post as it is read; in a list, only the beginning of its body."""

    id: UUID
    author_id: UUID
    slug: str
    title: str
    body: str
    tags: list[str]
    status: str
    published_at: datetime | None
    scheduled_for: datetime | None
    reactions: dict[str, int]
    comments_count: int
    version: int
    created_at: datetime
    updated_at: datetime


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


COLUMNS = {field.name: getattr(PostRow, field.name) for field in msgspec.structs.fields(PostRecord)}
BY_ID = Query(select(*COLUMNS.values()).where(PostRow.id == bindparam("post_id", type_=Uuid())), PostRecord)
BY_SLUG = Query(select(*COLUMNS.values()).where(PostRow.slug == bindparam("slug", type_=String())), PostRecord)

CONDITIONS: dict[str, ColumnElement[bool]] = {
    "author_id": PostRow.author_id == bindparam("author_id", type_=Uuid()),
    "tag": PostRow.tags.contains(bindparam("tag", type_=ARRAY(String(50)))),
    "published_from": PostRow.published_at >= bindparam("published_from", type_=DateTime(timezone=True)),
    "published_to": PostRow.published_at < bindparam("published_to", type_=DateTime(timezone=True)),
}


@lru_cache(128)
def page_query(form: frozenset[str], order: Order, *, further: bool) -> Query[PostRecord]:
    """Published posts that fulfil the conditions named by ``form``; a ``further`` page begins after a position."""
    place = tuple_(PostRow.published_at, PostRow.id)
    columns = {**COLUMNS, "body": func.left(PostRow.body, BEGINNING).label("body")}
    statement = select(*columns.values()).where(PostRow.status == "published", *conditions(form))
    if further:
        position = tuple_(bindparam("after", type_=DateTime(timezone=True)), bindparam("after_id", type_=Uuid()))
        statement = statement.where(place > position if order == "oldest" else place < position)
    directed = [column.asc() if order == "oldest" else column.desc() for column in (PostRow.published_at, PostRow.id)]
    return Query(statement.order_by(*directed).limit(bindparam("rows", type_=Integer())), PostRecord)


@lru_cache(64)
def total_query(form: frozenset[str]) -> Query[Total]:
    """How many published posts fulfil the conditions named by ``form``."""
    found = select(func.count().label("count")).select_from(PostRow)
    return Query(found.where(PostRow.status == "published", *conditions(form)), Total)


def conditions(form: frozenset[str]) -> list[ColumnElement[bool]]:
    """In a fixed order, so that one form is one statement."""
    return [condition for name, condition in CONDITIONS.items() if name in form]


def place_of(record: PostRecord) -> Position:
    """Where a published post stands in a list."""
    return record.published_at or record.created_at, record.id
