"""What readers see of a post."""

from collections.abc import Sequence
from typing import cast

import msgspec

from modules.posts.contracts import Status
from modules.posts.models import PostRow
from modules.posts.repositories import PostRecord, SummaryRecord
from modules.posts.schemas import FullPost, PostSummary
from modules.users import Directory, Person, User

EXCERPT = 200
"""Characters of the body that a list shows."""


def excerpt_of(body: str) -> str:
    """The beginning of a text, on one line."""
    words = " ".join(body.split(maxsplit=EXCERPT)[:EXCERPT])
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT].rstrip()}…"


def to_summary(row: SummaryRecord | PostRow, author: User | None) -> PostSummary:
    """The single place where a row becomes an item of a list."""
    return PostSummary(
        id=row.id,
        slug=row.slug,
        title=row.title,
        excerpt=row.excerpt,
        tags=row.tags,
        status=cast("Status", row.status),
        author=Person.of(author),
        reactions=row.reactions,
        comments_count=row.comments_count,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
        scheduled_for=row.scheduled_for,
    )


def to_full_post(row: PostRecord | PostRow, author: User | None) -> FullPost:
    """The single place where a row becomes a post as it is read."""
    return FullPost(body=row.body, **msgspec.structs.asdict(to_summary(row, author)))


async def to_summaries(records: Sequence[SummaryRecord], directory: Directory) -> tuple[PostSummary, ...]:
    """Items of a list, with all their authors in one batch."""
    authors = await directory.find_many({record.author_id for record in records})
    return tuple(to_summary(record, authors.get(record.author_id)) for record in records)
