"""How the users module is mounted."""

from kernel.module import Module
from modules.users import controllers, services
from modules.users.directory import provide_user_directory
from modules.users.seed import seed

users = Module(
    name="users",
    controllers=[
        controllers.OwnProfileController,
        controllers.ProfileController,
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
        "role_service": services.provide_role_service,
        "people_lists": services.provide_people_lists,
        "audit_log": services.provide_audit_log,
        "user_directory": provide_user_directory,
    },
    seed=seed,
    permissions={
        "users:read:any": "See everybody's account, address included.",
        "users:write:any": "Open, edit, shut out and delete accounts.",
        "roles:read:any": "See all roles and permissions.",
        "roles:write:any": "Make roles, and give them to people.",
        "audit:read:any": "Read the audit log.",
    },
)
