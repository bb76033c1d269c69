"""Bookmarks as rows."""

from collections.abc import Sequence
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id, utc_now
from modules.posts.models import BookmarkRow


class BookmarkRepository(SQLAlchemyAsyncRepository[BookmarkRow]):
    """Bookmarks as a collection."""

    model_type = BookmarkRow

    async def insert_if_absent(self, user_id: UUID, post_id: UUID) -> None:
        """One that is there already keeps its time."""
        statement = insert(BookmarkRow).values(id=new_id(), user_id=user_id, post_id=post_id, created_at=utc_now())
        await self.session.execute(statement.on_conflict_do_nothing())

    async def of_user(self, user_id: UUID) -> Sequence[BookmarkRow]:
        """All, oldest first."""
        return await self.get_many(user_id=user_id, order_by=BookmarkRow.id.asc())

    async def forget_user(self, user_id: UUID) -> None:
        """Delete all of somebody's."""
        statement = delete(BookmarkRow).where(BookmarkRow.user_id == user_id)
        await self.session.execute(statement.execution_options(synchronize_session=False))

    async def delete_if_present(self, user_id: UUID, post_id: UUID) -> None:
        """Gone, if it was there."""
        await self.session.execute(
            delete(BookmarkRow)
            .where(BookmarkRow.user_id == user_id, BookmarkRow.post_id == post_id)
            .execution_options(synchronize_session=False)
        )
