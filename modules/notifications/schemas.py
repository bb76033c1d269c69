"""Answers under ``/notifications``."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

Type: TypeAlias = Literal["welcome", "new_follower", "post_published"]


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it."""

    id: UUID
    username: str
    name: str


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What it is about."""

    kind: Literal["post", "user"]
    id: UUID
    url: str


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the caller should know."""

    id: UUID
    type: Type
    title: str
    body: str
    actor: Actor | None
    target: Target | None
    count: int
    read_at: datetime | None
    archived_at: datetime | None
    created_at: datetime


class Unread(msgspec.Struct, frozen=True):
    """How many notifications wait."""

    unread: int
