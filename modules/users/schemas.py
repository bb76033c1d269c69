"""Bodies of requests and answers under ``/users``."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec

from modules.users.contracts import Name, Username

Bio: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000)]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may see of a person."""

    id: UUID
    username: str
    name: str
    bio: str
    followers_count: int
    following_count: int
    created_at: datetime


class ChangeProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any subset of what a person may change about themselves."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    bio: Bio | msgspec.UnsetType = msgspec.UNSET
    username: Username | msgspec.UnsetType = msgspec.UNSET


class ReplaceProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of what a person may change about themselves."""

    name: Name
    bio: Bio
    username: Username
