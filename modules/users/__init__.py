"""Users: who people are, and whom they follow."""

from modules.users.contracts import (
    Accounts,
    Directory,
    Email,
    EmailTaken,
    Follows,
    Name,
    NewUser,
    User,
    UserFollowed,
    Username,
    UsernameTaken,
    UserRegistered,
    Users,
)
from modules.users.directory import provide_directory
from modules.users.services import provide_accounts, provide_follows, provide_users

__all__ = [
    "Accounts",
    "Directory",
    "Email",
    "EmailTaken",
    "Follows",
    "Name",
    "NewUser",
    "User",
    "UserFollowed",
    "UserRegistered",
    "Username",
    "UsernameTaken",
    "Users",
    "provide_accounts",
    "provide_directory",
    "provide_follows",
    "provide_users",
]
