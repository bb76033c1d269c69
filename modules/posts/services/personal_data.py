"""What this module holds of a person, and how it forgets them."""

from collections.abc import Mapping
from uuid import UUID

from kernel.unit_of_work import UnitOfWork
from modules.posts.contracts import PostDeleted
from modules.posts.entities import LISTS, post
from modules.posts.models import PostRow, RevisionRow
from modules.posts.repositories import PostRepository, RevisionRepository

POST = (
    *("id", "slug", "title", "body", "tags", "status"),
    *("created_at", "updated_at", "published_at", "scheduled_for", "deleted_at"),
)
REVISION = ("post_id", "number", "title", "body", "tags", "created_at")


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """Everything that they have written here, drafts and what they deleted of late included."""
    posts = await PostRepository(session=uow.session).of_author(user_id)
    revisions = await RevisionRepository(session=uow.session).of_author(user_id)
    return {
        "posts.json": [chosen(row, POST) for row in posts],
        "revisions.json": [chosen(row, REVISION) for row in revisions],
    }


async def erase(uow: UnitOfWork, user_id: UUID, *, keep_public: bool) -> None:
    """Forget what they have written; what is public stays if it is to be kept, by nobody and without a past."""
    await RevisionRepository(session=uow.session).forget_author(user_id)
    for post_id in await PostRepository(session=uow.session).forget_author(user_id, keep_public=keep_public):
        uow.changes(post(post_id), LISTS)
        await uow.publish(PostDeleted(post_id=post_id, author_id=user_id))


def chosen(row: PostRow | RevisionRow, columns: tuple[str, ...]) -> dict[str, object]:
    """Some columns of a row."""
    return {column: getattr(row, column) for column in columns}
