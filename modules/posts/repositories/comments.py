"""Comments, within a transaction and beside it."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import Integer, Uuid, and_, bindparam, or_, select, true, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, aliased

from kernel.reads import Query
from modules.posts.models import CommentRow, PostRow
from modules.posts.repositories.reading import PUBLIC


class CommentRecord(msgspec.Struct, frozen=True):
    """A comment as it is read."""

    id: UUID
    post_id: UUID
    parent_id: UUID | None
    thread_id: UUID
    author_id: UUID
    body: str
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


COLUMNS: list[InstrumentedAttribute[Any]] = [  # Any: of any type of PostgreSQL
    getattr(CommentRow, field.name) for field in msgspec.structs.fields(CommentRecord)
]
Reply = aliased(CommentRow)
IS_READ = CommentRow.deleted_at.is_(None)
IS_ANSWERED = select(Reply.id).where(Reply.parent_id == CommentRow.id, Reply.deleted_at.is_(None)).exists()
ONE = CommentRow.id == bindparam("comment_id", type_=Uuid())
COMMENT = Query(select(*COLUMNS).where(ONE, IS_READ), CommentRecord)


@lru_cache(2)
def comments_query(*, further: bool) -> Query[CommentRecord]:
    """Threads of a post, oldest first, each comment followed by its replies; what was deleted keeps its place above."""
    statement = select(*COLUMNS).where(
        CommentRow.post_id == bindparam("post_id", type_=Uuid()),
        or_(IS_READ, and_(CommentRow.parent_id.is_(None), IS_ANSWERED)),
    )
    place = tuple_(CommentRow.thread_id, CommentRow.id)
    if further:
        statement = statement.where(
            place > tuple_(bindparam("after_thread", type_=Uuid()), bindparam("after_id", type_=Uuid()))
        )
    rows = bindparam("rows", type_=Integer())
    return Query(statement.order_by(CommentRow.thread_id, CommentRow.id).limit(rows), CommentRecord)


class CommentRepository(SQLAlchemyAsyncRepository[CommentRow]):
    """Comments as a collection."""

    model_type = CommentRow

    async def present(self, comment_id: UUID) -> CommentRow | None:
        """What was not deleted."""
        return await self.get_one_or_none(IS_READ, id=comment_id)

    async def of_author(self, author_id: UUID) -> Sequence[CommentRow]:
        """All that somebody has said, oldest first."""
        return await self.get_many(IS_READ, author_id=author_id, order_by=CommentRow.id.asc())

    async def forget_author(self, author_id: UUID, *, keep_public: bool, now: datetime) -> Sequence[UUID]:
        """Delete what somebody has said, but for what is public where that is kept; on which posts it was."""
        hidden = CommentRow.post_id.not_in(select(PostRow.id).where(PUBLIC)) if keep_public else true()
        statement = (
            update(CommentRow)
            .where(CommentRow.author_id == author_id, IS_READ, hidden)
            .values(deleted_at=now, body="", updated_at=now)
            .returning(CommentRow.post_id)
            .execution_options(synchronize_session=False)
        )
        return (await self.session.scalars(statement)).all()

    async def to_edit(self, comment_id: UUID) -> CommentRow | None:
        """The same, locked until the transaction ends."""
        return await self.get_one_or_none(IS_READ, id=comment_id, with_for_update=True)
