"""Queries of the users module."""

from modules.users.repositories.exports import CHUNK, ExportRepository
from modules.users.repositories.follows import FollowRepository
from modules.users.repositories.listing import (
    BETWEEN,
    Side,
    Sort,
    UserFilters,
    follows_query,
    page_query,
    total_query,
)
from modules.users.repositories.roles import RoleRepository
from modules.users.repositories.users import BY_USERNAME, CALLERS, RECORDS, USERS, UserRecord, UserRepository

__all__ = [
    "BETWEEN",
    "BY_USERNAME",
    "CALLERS",
    "CHUNK",
    "RECORDS",
    "USERS",
    "ExportRepository",
    "FollowRepository",
    "RoleRepository",
    "Side",
    "Sort",
    "UserFilters",
    "UserRecord",
    "UserRepository",
    "follows_query",
    "page_query",
    "total_query",
]
