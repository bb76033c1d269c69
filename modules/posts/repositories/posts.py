"""Posts as a collection."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.posts.models import PostRow


class PostRepository(SQLAlchemyAsyncRepository[PostRow]):
    """Posts as a collection."""

    model_type = PostRow

    async def insert_unless_taken(
        self,
        *,
        author_id: UUID,
        slug: str,
        title: str,
        body: str,
        tags: list[str],
        status: str,
        now: datetime,
    ) -> PostRow | None:
        """The new row, or nothing if the slug is taken; waits for a twin that is not committed yet."""
        row: PostRow | None = await self.session.scalar(
            insert(PostRow)
            .values(
                id=new_id(),
                author_id=author_id,
                slug=slug,
                title=title,
                body=body,
                tags=tags,
                status=status,
                published_at=now if status == "published" else None,
                reactions={},
                comments_count=0,
                version=1,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing(index_elements=["slug"])
            .returning(PostRow)
        )
        return row

    async def to_edit(self, post_id: UUID) -> PostRow | None:
        """The row, locked until the transaction ends."""
        return await self.get_one_or_none(id=post_id, with_for_update=True)

    async def by_ids(self, ids: set[UUID]) -> Sequence[PostRow]:
        """Any number of posts with a single query."""
        return await self.get_many(PostRow.id.in_(ids))
