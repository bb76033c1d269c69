"""Posts as other modules see them."""

from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.unit_of_work import UnitOfWork
from modules.posts.contracts import Post, Posts
from modules.posts.models import PostRow
from modules.posts.repositories import PostRepository


def to_post(row: PostRow) -> Post:
    """The single place where a row becomes something that other modules may see."""
    return msgspec.convert(row, Post, from_attributes=True)


class KnownPosts(Posts):
    """Posts by name and place, within the transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._posts = PostRepository(session=uow.session)

    async def find_many(self, post_ids: set[UUID]) -> dict[UUID, Post]:
        return {row.id: to_post(row) for row in await self._posts.by_ids(post_ids)} if post_ids else {}


def provide_posts(uow: NamedDependency[UnitOfWork]) -> Posts:
    """Dependency provider; plain enough to be called by hand from a subscriber."""
    return KnownPosts(uow)
