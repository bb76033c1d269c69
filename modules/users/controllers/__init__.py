"""HTTP surface of the users module, mounted at ``/api/v1/users``."""

from modules.users.controllers.administration import AdministrationController
from modules.users.controllers.audit import AuditController
from modules.users.controllers.deletion import DeletionController
from modules.users.controllers.exports import ExportController
from modules.users.controllers.follows import FollowController, FollowListController, ViewerStateController
from modules.users.controllers.profiles import OwnProfileController, ProfileController
from modules.users.controllers.roles import RoleController

__all__ = [
    "AdministrationController",
    "AuditController",
    "DeletionController",
    "ExportController",
    "FollowController",
    "FollowListController",
    "OwnProfileController",
    "ProfileController",
    "RoleController",
    "ViewerStateController",
]
