"""What is between a reader and posts, read beside the unit of work."""

from functools import lru_cache
from uuid import UUID

import msgspec
from sqlalchemy import Boolean, Integer, Uuid, bindparam, column, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.reads import Query
from modules.posts.contracts import Reaction
from modules.posts.models import BookmarkRow, PostRow, ReactionRow
from modules.posts.repositories.reading import PRESENT, PUBLISHED, SummaryRecord, columns_of


class ViewerRecord(msgspec.Struct, frozen=True):
    """What somebody did with a post."""

    id: UUID
    reactions: list[Reaction]
    bookmarked: bool


class BookmarkRecord(SummaryRecord, frozen=True):
    """A post that somebody keeps in mind."""

    bookmark_id: UUID


ASKED = (
    func.unnest(bindparam("ids", type_=ARRAY(Uuid))).table_valued(column("id", Uuid()), name="asked").render_derived()
)
VIEWER = bindparam("user_id", type_=Uuid())
KINDS = (
    select(ReactionRow.kind)
    .where(ReactionRow.post_id == ASKED.c.id, ReactionRow.user_id == VIEWER, ReactionRow.withdrawn_at.is_(None))
    .order_by(ReactionRow.kind)
    .correlate(ASKED)
    .scalar_subquery()
)
KEPT = (
    select(BookmarkRow.id)
    .where(BookmarkRow.post_id == ASKED.c.id, BookmarkRow.user_id == VIEWER)
    .correlate(ASKED)
    .exists()
)
VIEWER_STATES = Query(
    select(
        ASKED.c.id,
        func.array(KINDS, type_=ARRAY(ReactionRow.kind.type)).label("reactions"),
        KEPT.label("bookmarked"),
    ),
    ViewerRecord,
)

SEEN = or_(PUBLISHED, PostRow.author_id == VIEWER, bindparam("reads_any", type_=Boolean()))
"""What they may read."""


@lru_cache(2)
def bookmarks_query(*, further: bool) -> Query[BookmarkRecord]:
    """Posts that somebody keeps in mind, the latest first; of what is hidden from them, nothing."""
    statement = (
        select(*columns_of(SummaryRecord), BookmarkRow.id.label("bookmark_id"))
        .join_from(BookmarkRow, PostRow, BookmarkRow.post_id == PostRow.id)
        .where(BookmarkRow.user_id == VIEWER, PRESENT, SEEN)
    )
    if further:
        statement = statement.where(BookmarkRow.id < bindparam("after_id", type_=Uuid()))
    rows = bindparam("rows", type_=Integer())
    return Query(statement.order_by(BookmarkRow.id.desc()).limit(rows), BookmarkRecord)
