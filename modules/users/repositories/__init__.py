"""Queries of the users module."""

from modules.users.repositories.follows import FollowRepository
from modules.users.repositories.people import BY_IDS, BY_USERNAME, CALLERS, UserRecord, UserRepository

__all__ = ["BY_IDS", "BY_USERNAME", "CALLERS", "FollowRepository", "UserRecord", "UserRepository"]
