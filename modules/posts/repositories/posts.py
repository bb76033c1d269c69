"""Posts as a collection."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id
from modules.posts.models import PostRow

Order: TypeAlias = Literal["newest", "oldest"]

Position: TypeAlias = tuple[datetime, UUID]
"""Where a page ended: no two posts share one."""


def place_of(row: PostRow) -> Position:
    """Where a published post stands in a list."""
    return row.published_at or row.created_at, row.id


class PostFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Which published posts, and in which order."""

    author_id: UUID | None = None
    tag: str | None = None
    published_from: datetime | None = None
    published_to: datetime | None = None
    order: Order = "newest"

    def conditions(self) -> list[ColumnElement[bool]]:
        """What every row of the list fulfils."""
        found = [PostRow.status == "published"]
        if self.author_id is not None:
            found.append(PostRow.author_id == self.author_id)
        if self.tag is not None:
            found.append(PostRow.tags.contains([self.tag]))
        if self.published_from is not None:
            found.append(PostRow.published_at >= self.published_from)
        if self.published_to is not None:
            found.append(PostRow.published_at < self.published_to)
        return found


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

    async def page(self, filters: PostFilters, *, after: Position | None, limit: int) -> Sequence[PostRow]:
        """Published posts beyond a position, in the order of the filters."""
        columns = (PostRow.published_at, PostRow.id)
        place, oldest_first = tuple_(*columns), filters.order == "oldest"
        statement = select(PostRow).where(*filters.conditions())
        if after is not None:
            statement = statement.where(place > after if oldest_first else place < after)
        order = columns if oldest_first else [column.desc() for column in columns]
        return (await self.session.scalars(statement.order_by(*order).limit(limit))).all()

    async def total(self, filters: PostFilters) -> int:
        """How many posts the list has in all."""
        return await self.session.scalar(select(func.count()).select_from(PostRow).where(*filters.conditions())) or 0
