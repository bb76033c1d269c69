"""Notifications as their recipient sees them."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

from modules.users import Person

Type: TypeAlias = Literal[
    "welcome",
    "new_follower",
    "post_published",
    "new_comment",
    "comment_reply",
    "new_reaction",
    "security_alert",
    "announcement",
]
TargetKind: TypeAlias = Literal["post", "user", "comment", "session", "announcement"]


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What it is about."""

    kind: TargetKind
    id: UUID
    url: Annotated[str, msgspec.Meta(examples=["/api/v1/posts/0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"])]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """Something that the caller should know, in the names of now. The actor may have left.

    `count` people have done it, `actor` last; while it is unread, the next one replaces it.
    """

    id: UUID
    type: Type
    title: Annotated[str, msgspec.Meta(examples=["Ann Leaf and 3 others reacted to your post"])]
    body: Annotated[str, msgspec.Meta(examples=["Folding a quire"])]
    actor: Person | None
    target: Target
    count: Annotated[int, msgspec.Meta(examples=[4])]
    read_at: datetime | None
    archived_at: datetime | None
    created_at: datetime


class Unread(msgspec.Struct, frozen=True):
    """How many notifications wait."""

    unread: Annotated[int, msgspec.Meta(examples=[3])]


class ReadAll(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last notification that was seen, by its id; or a moment."""

    up_to: Annotated[str, msgspec.Meta(max_length=64, examples=["0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"])] | None = None
