"""What everybody is told, and how far it has come."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

Title: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["Quire will be away on Sunday"])]
Body: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100_000, examples=["From 6 to 7 in the morning (UTC)."])
]
Role: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["moderator"])]


class Announce(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be said, to everybody or to those with a role."""

    title: Title
    body: Body
    role: Role | None = None


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """Of `total` people, `done` have been told so far; with `cancelled`, nobody else will be."""

    id: UUID
    title: Title
    body: Body
    role: Role | None
    state: Literal["sending", "done", "cancelled"]
    total: Annotated[int, msgspec.Meta(examples=[100_000])]
    done: Annotated[int, msgspec.Meta(examples=[42_000])]
    created_at: datetime
    ended_at: datetime | None
