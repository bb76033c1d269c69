"""How the users module is mounted."""

from litestar.di import NamedDependency

from kernel.module import Module
from kernel.unit_of_work import Subscriber, UnitOfWork
from modules.users import controllers, services
from modules.users.contracts import ExportRequested, FollowsToRecount
from modules.users.directory import provide_user_directory
from modules.users.seed import seed
from modules.users.services import DeletionService
from modules.users.settings import UsersSettings
from modules.users.subscribers import make_export, recount_follows
from modules.users.tasks import schedule

PERMISSIONS = {
    "users:read:any": "See all accounts, including e-mail addresses.",
    "users:write:any": "Create, edit, lock and delete accounts.",
    "roles:read:any": "See all roles and permissions.",
    "roles:write:any": "Create roles, and grant them to people.",
    "audit:read:any": "Read the audit log.",
}


def users(settings: UsersSettings) -> Module:
    """A module that needs configuration is a function of it."""

    def provide_deletion_service(uow: NamedDependency[UnitOfWork]) -> DeletionService:
        return DeletionService(uow, settings)

    return Module(
        name="users",
        controllers=[
            controllers.OwnProfileController,
            controllers.ProfileController,
            controllers.DeletionController,
            controllers.ExportController,
            controllers.FollowController,
            controllers.FollowListController,
            controllers.ViewerStateController,
            controllers.AdministrationController,
            controllers.RoleController,
            controllers.AuditController,
        ],
        dependencies={
            "user_service": services.provide_user_service,
            "follow_service": services.provide_follow_service,
            "administration_service": services.provide_administration_service,
            "deletion_service": provide_deletion_service,
            "export_service": services.provide_export_service,
            "role_service": services.provide_role_service,
            "user_lists": services.provide_user_lists,
            "audit_log": services.provide_audit_log,
            "user_directory": provide_user_directory,
        },
        seed=seed,
        permissions=PERMISSIONS,
        subscribers=[Subscriber(ExportRequested, make_export), Subscriber(FollowsToRecount, recount_follows)],
        schedule=schedule(settings),
        export=services.export,
        erase=services.erase,
    )
