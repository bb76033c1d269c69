"""Rules of the posts module."""

from litestar.di import NamedDependency

from kernel.unit_of_work import UnitOfWork
from modules.posts.contracts import Posts
from modules.posts.services.posts import PostService
from modules.users import Users, provide_users


def provide_post_service(uow: NamedDependency[UnitOfWork], users: NamedDependency[Users]) -> PostService:
    """The whole service, for this module's own controllers."""
    return PostService(uow, users)


def provide_posts(uow: NamedDependency[UnitOfWork]) -> Posts:
    """Dependency provider; plain enough to be called by hand from a subscriber."""
    return PostService(uow, provide_users(uow))


__all__ = ["PostService", "provide_post_service", "provide_posts"]
