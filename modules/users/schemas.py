"""Bodies of requests and answers under ``/users``."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec

from modules.users.contracts import Name, Username

Bio: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000, examples=["Poetical science."])]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may see of a person."""

    id: UUID
    username: Annotated[str, msgspec.Meta(examples=["ada_lovelace"])]
    name: Annotated[str, msgspec.Meta(examples=["Ada Lovelace"])]
    bio: Annotated[str, msgspec.Meta(examples=["Poetical science."])]
    followers_count: Annotated[int, msgspec.Meta(examples=[12])]
    following_count: Annotated[int, msgspec.Meta(examples=[3])]
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
