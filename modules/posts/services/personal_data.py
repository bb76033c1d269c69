"""What this module holds of a person, and how it forgets them."""

from collections.abc import Mapping
from uuid import UUID

from kernel.db import utc_now
from kernel.unit_of_work import UnitOfWork
from modules.posts.cache_entities import COUNTS, LISTS, post
from modules.posts.contracts import PostDeleted
from modules.posts.models import BookmarkRow, CommentRow, PostRow, ReactionRow, RevisionRow
from modules.posts.repositories import (
    BookmarkRepository,
    CommentRepository,
    PostRepository,
    ReactionRepository,
    RevisionRepository,
)

POST = (
    *("id", "slug", "title", "body", "tags", "status"),
    *("created_at", "updated_at", "published_at", "scheduled_for", "deleted_at"),
)
REVISION = ("post_id", "number", "title", "body", "tags", "created_at")
COMMENT = ("id", "post_id", "parent_id", "body", "created_at", "updated_at")
REACTION = ("post_id", "kind", "created_at")
BOOKMARK = ("post_id", "created_at")


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """Everything that they have written and done here, drafts and posts that they deleted of late included."""
    posts = await PostRepository(session=uow.session).of_author(user_id)
    revisions = await RevisionRepository(session=uow.session).of_author(user_id)
    comments = await CommentRepository(session=uow.session).of_author(user_id)
    reactions = await ReactionRepository(session=uow.session).of_user(user_id)
    bookmarks = await BookmarkRepository(session=uow.session).of_user(user_id)
    return {
        "posts.json": [chosen(row, POST) for row in posts],
        "revisions.json": [chosen(row, REVISION) for row in revisions],
        "comments.json": [chosen(row, COMMENT) for row in comments],
        "reactions.json": [chosen(row, REACTION) for row in reactions],
        "bookmarks.json": [chosen(row, BOOKMARK) for row in bookmarks],
    }


async def erase(uow: UnitOfWork, user_id: UUID, *, keep_public: bool) -> None:
    """Forget what they have done and written; what is public stays if it is to be kept, by nobody, without a past."""
    await BookmarkRepository(session=uow.session).forget_user(user_id)
    comments = CommentRepository(session=uow.session)
    touched = {
        *await ReactionRepository(session=uow.session).forget_user(user_id),
        *await comments.forget_author(user_id, keep_public=keep_public, now=utc_now()),
    }
    uow.changes(COUNTS, *map(post, touched))
    await RevisionRepository(session=uow.session).forget_author(user_id)
    for post_id in await PostRepository(session=uow.session).forget_author(user_id, keep_public=keep_public):
        uow.changes(post(post_id), LISTS)
        await uow.publish(PostDeleted(post_id=post_id, author_id=user_id))


def chosen(
    row: PostRow | RevisionRow | CommentRow | ReactionRow | BookmarkRow, columns: tuple[str, ...]
) -> dict[str, object]:
    """Some columns of a row."""
    return {column: getattr(row, column) for column in columns}
