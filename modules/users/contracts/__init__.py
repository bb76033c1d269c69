"""What other modules may know of people, and ask about them."""

from modules.users.contracts.errors import (
    BuiltInRole,
    CannotFollowYourself,
    EmailTaken,
    LastSuperuser,
    RoleTaken,
    UsernameTaken,
)
from modules.users.contracts.events import (
    AccountOpened,
    ExportRequested,
    FollowsToRecount,
    RolesChanged,
    UserActivated,
    UserDeactivated,
    UserDeletionRequested,
    UserErased,
    UserFollowed,
    UserRegistered,
    UserRestored,
)
from modules.users.contracts.protocols import Accounts, Audience, Directory, Follows, Users
from modules.users.contracts.values import Caller, Email, Name, NewUser, Person, User, Username

__all__ = [
    "AccountOpened",
    "Accounts",
    "Audience",
    "BuiltInRole",
    "Caller",
    "CannotFollowYourself",
    "Directory",
    "Email",
    "EmailTaken",
    "ExportRequested",
    "Follows",
    "FollowsToRecount",
    "LastSuperuser",
    "Name",
    "NewUser",
    "Person",
    "RoleTaken",
    "RolesChanged",
    "User",
    "UserActivated",
    "UserDeactivated",
    "UserDeletionRequested",
    "UserErased",
    "UserFollowed",
    "UserRegistered",
    "UserRestored",
    "Username",
    "UsernameTaken",
    "Users",
]
