"""Posts as a collection."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, delete, not_, select, true

from modules.posts.models import PostRow
from modules.posts.repositories.reading import PUBLIC

FORGOTTEN_AT_ONCE = 1_000


class PostRepository(SQLAlchemyAsyncRepository[PostRow]):
    """Posts as a collection."""

    model_type = PostRow

    async def to_edit(self, post_id: UUID) -> PostRow | None:
        """The row, deleted or not, locked until the transaction ends."""
        return await self.get_one_or_none(id=post_id, with_for_update=True)

    async def forget_deleted(self, *, before: datetime) -> bool:
        """Delete for good what was deleted before then, as many as fit into one statement's time; whether any was."""
        old = select(PostRow.id).where(PostRow.deleted_at < before).limit(FORGOTTEN_AT_ONCE)
        return bool(await self._delete(PostRow.id.in_(old)))

    async def of_author(self, author_id: UUID) -> Sequence[PostRow]:
        """All that somebody has written, deleted or not, oldest first."""
        return await self.get_many(PostRow.author_id == author_id, order_by=PostRow.id.asc())

    async def forget_author(self, author_id: UUID, *, keep_public: bool) -> Sequence[UUID]:
        """Delete for good what somebody has written, but for what is public where that is kept; what is gone."""
        hidden = not_(PUBLIC) if keep_public else true()
        return await self._delete(PostRow.author_id == author_id, hidden)

    async def _delete(self, *which: ColumnElement[bool]) -> Sequence[UUID]:
        statement = delete(PostRow).where(*which).returning(PostRow.id)
        return (await self.session.scalars(statement.execution_options(synchronize_session=False))).all()
