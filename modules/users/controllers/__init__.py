"""HTTP surface of the users module, mounted at ``/api/v1/users``."""

from modules.users.controllers.follows import FollowController
from modules.users.controllers.profiles import OwnProfileController, ProfileController

__all__ = ["FollowController", "OwnProfileController", "ProfileController"]
