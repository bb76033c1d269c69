"""Texts that posts had before, and the one that they have, by number."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import Integer, Select, Uuid, bindparam, delete, func, select, union_all

from kernel.reads import Query
from modules.posts.models import PostRow, RevisionRow


class RevisionRecord(msgspec.Struct, frozen=True):
    """A text of a post, without its body."""

    number: int
    title: str
    tags: list[str]
    editor_id: UUID
    created_at: datetime


class FullRevisionRecord(RevisionRecord, frozen=True):
    """A text of a post."""

    body: str


POST_ID = bindparam("post_id", type_=Uuid())

TEXTS = union_all(
    select(
        RevisionRow.number,
        RevisionRow.title,
        RevisionRow.body,
        RevisionRow.tags,
        RevisionRow.editor_id,
        RevisionRow.created_at,
    ).where(RevisionRow.post_id == POST_ID),
    select(
        PostRow.revision,
        PostRow.title,
        PostRow.body,
        PostRow.tags,
        func.coalesce(PostRow.editor_id, PostRow.author_id),
        func.coalesce(PostRow.edited_at, PostRow.created_at),
    ).where(PostRow.id == POST_ID),
).subquery()

TEXT = Query(
    select(*(TEXTS.c[field.name] for field in msgspec.structs.fields(FullRevisionRecord))).where(
        TEXTS.c.number == bindparam("number", type_=Integer())
    ),
    FullRevisionRecord,
)


@lru_cache(2)
def revisions_query(*, further: bool) -> Query[RevisionRecord]:
    """All texts of a post, the present one first; a ``further`` page begins below a number."""
    statement = select(*(TEXTS.c[field.name] for field in msgspec.structs.fields(RevisionRecord)))
    if further:
        statement = statement.where(TEXTS.c.number < bindparam("below", type_=Integer()))
    return Query(statement.order_by(TEXTS.c.number.desc()).limit(bindparam("rows", type_=Integer())), RevisionRecord)


class RevisionRepository(SQLAlchemyAsyncRepository[RevisionRow]):
    """Earlier texts of posts as a collection."""

    model_type = RevisionRow

    async def of_author(self, author_id: UUID) -> Sequence[RevisionRow]:
        """Of all posts of somebody."""
        return await self.get_many(RevisionRow.post_id.in_(posts_of(author_id)), order_by=RevisionRow.id.asc())

    async def forget_author(self, author_id: UUID) -> None:
        """Delete those of all posts of somebody."""
        statement = delete(RevisionRow).where(RevisionRow.post_id.in_(posts_of(author_id)))
        await self.session.execute(statement.execution_options(synchronize_session=False))


def posts_of(author_id: UUID) -> Select[tuple[UUID]]:
    """The ids of what somebody has written."""
    return select(PostRow.id).where(PostRow.author_id == author_id)
