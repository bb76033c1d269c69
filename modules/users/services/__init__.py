"""Rules of the users module."""

from litestar.di import NamedDependency

from kernel.reads import Reader
from kernel.security import Permissions
from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import Accounts, Audience, Follows, Users
from modules.users.directory import UserDirectory
from modules.users.services.administration import AdministrationService
from modules.users.services.audience import AudienceService
from modules.users.services.audit import AuditLog
from modules.users.services.deletion import DeletionService, erase
from modules.users.services.exports import ExportService, content, export
from modules.users.services.follows import FollowService
from modules.users.services.listing import UserLists
from modules.users.services.profiles import UserService, usernames
from modules.users.services.roles import RoleService

__all__ = [
    "AdministrationService",
    "AudienceService",
    "AuditLog",
    "DeletionService",
    "ExportService",
    "FollowService",
    "RoleService",
    "UserLists",
    "UserService",
    "content",
    "erase",
    "export",
    "provide_accounts",
    "provide_administration_service",
    "provide_audience",
    "provide_audit_log",
    "provide_export_service",
    "provide_follow_service",
    "provide_follows",
    "provide_role_service",
    "provide_user_lists",
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


def provide_administration_service(
    uow: NamedDependency[UnitOfWork], permissions: NamedDependency[Permissions]
) -> AdministrationService:
    """The whole service, for this module's own controllers."""
    return AdministrationService(uow, permissions)


def provide_export_service(uow: NamedDependency[UnitOfWork]) -> ExportService:
    """The whole service, for this module's own controllers."""
    return ExportService(uow)


def provide_role_service(uow: NamedDependency[UnitOfWork], permissions: NamedDependency[Permissions]) -> RoleService:
    """The whole service, for this module's own controllers."""
    return RoleService(uow, permissions)


def provide_user_lists(reader: NamedDependency[Reader]) -> UserLists:
    """What is read, for this module's own controllers."""
    return UserLists(reader)


def provide_audit_log(reader: NamedDependency[Reader], user_directory: NamedDependency[UserDirectory]) -> AuditLog:
    """What is read, for this module's own controllers."""
    return AuditLog(reader, user_directory)


def provide_users(uow: NamedDependency[UnitOfWork]) -> Users:
    """Dependency provider; plain enough to be called by hand from a subscriber."""
    return UserService(uow)


def provide_accounts(uow: NamedDependency[UnitOfWork]) -> Accounts:
    """Dependency provider."""
    return UserService(uow)


def provide_follows(uow: NamedDependency[UnitOfWork]) -> Follows:
    """Dependency provider."""
    return FollowService(uow)


def provide_audience(uow: NamedDependency[UnitOfWork]) -> Audience:
    """Dependency provider."""
    return AudienceService(uow)
