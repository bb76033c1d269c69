"""Users: who people are, and whom they follow."""

from modules.users.contracts import (
    Accounts,
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
from modules.users.services import provide_accounts, provide_follows, provide_users

__all__ = [
    "Accounts",
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
    "provide_follows",
    "provide_users",
]
