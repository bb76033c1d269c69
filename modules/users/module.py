"""How the users module is mounted."""

from kernel.module import Module
from modules.users.controllers import FollowController, OwnProfileController, ProfileController
from modules.users.directory import provide_user_directory
from modules.users.seed import seed
from modules.users.services import provide_follow_service, provide_user_service

users = Module(
    name="users",
    controllers=[OwnProfileController, ProfileController, FollowController],
    dependencies={
        "user_service": provide_user_service,
        "follow_service": provide_follow_service,
        "user_directory": provide_user_directory,
    },
    seed=seed,
)
