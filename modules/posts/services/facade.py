"""Posts as other modules see them."""

from uuid import UUID

from litestar.di import NamedDependency

from kernel.unit_of_work import UnitOfWork
from modules.posts.contracts import Post, Posts
from modules.posts.repositories import NAMED


class KnownPosts(Posts):
    """Posts by name and place, within the transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def find_many(self, post_ids: set[UUID]) -> dict[UUID, Post]:
        found = await self._uow.run(NAMED, ids=list(post_ids)) if post_ids else []
        return {post.id: post for post in found}


def provide_posts(uow: NamedDependency[UnitOfWork]) -> Posts:
    """Dependency provider; plain enough to be called by hand from a subscriber."""
    return KnownPosts(uow)
