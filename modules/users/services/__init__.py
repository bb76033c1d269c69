"""Rules of the users module."""

from litestar.di import NamedDependency

from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import Accounts, Follows, Users
from modules.users.services.follows import FollowService
from modules.users.services.profiles import UserService, usernames

__all__ = [
    "FollowService",
    "UserService",
    "provide_accounts",
    "provide_follow_service",
    "provide_follows",
    "provide_user_service",
    "provide_users",
    "usernames",
]


def provide_user_service(uow: NamedDependency[UnitOfWork]) -> UserService:
    """The whole service, for this module's own controllers."""
    return UserService(uow)


def provide_follow_service(uow: NamedDependency[UnitOfWork]) -> FollowService:
    """The whole service, for this module's own controllers."""
    return FollowService(uow)


def provide_users(uow: NamedDependency[UnitOfWork]) -> Users:
    """Dependency provider; plain enough to be called by hand from a subscriber."""
    return UserService(uow)


def provide_accounts(uow: NamedDependency[UnitOfWork]) -> Accounts:
    """Dependency provider."""
    return UserService(uow)


def provide_follows(uow: NamedDependency[UnitOfWork]) -> Follows:
    """Dependency provider."""
    return FollowService(uow)
