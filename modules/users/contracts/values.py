"""People, as others see them."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec

ADDRESS = "^[^@\uff20\\s]+[@\uff20][^@\uff20\\s]+[.\uff0e\u3002\uff61][^@\uff20\\s]+$"
"""Also in full-width letters, as East Asian keyboards write it: `kernel.identity` knows whose it is."""

Email: TypeAlias = Annotated[str, msgspec.Meta(pattern=ADDRESS, max_length=254, examples=["ada@example.org"])]
Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["Ada Lovelace"])]
Username: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]{3,30}$", examples=["ada_lovelace"])]


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with all that is theirs: for themselves, administrators and other modules, never for the public."""

    id: UUID
    email: Annotated[str, msgspec.Meta(examples=["ada@example.org"])]
    username: Annotated[str, msgspec.Meta(examples=["ada_lovelace"])]
    name: Annotated[str, msgspec.Meta(examples=["Ada Lovelace"])]
    bio: Annotated[str, msgspec.Meta(examples=["Poetical science."])]
    is_active: bool
    is_superuser: bool
    email_verified: bool
    roles: Annotated[list[str], msgspec.Meta(examples=[["moderator"]])]
    created_at: datetime
    updated_at: datetime


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What decides what a person may do, at this moment. ``permissions`` are those of all their roles."""

    id: UUID
    is_active: bool
    is_superuser: bool
    permissions: frozenset[str]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as anybody may see them beside what they did."""

    id: UUID
    username: Annotated[str, msgspec.Meta(examples=["ann"])]
    name: Annotated[str, msgspec.Meta(examples=["Ann Leaf"])]

    @classmethod
    def of(cls, user: User | None) -> "Person | None":
        """What the public sees of a person; nothing of somebody who has left."""
        return None if user is None else cls(id=user.id, username=user.username, name=user.name)


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who joins. Without a username one is made from the name."""

    email: str
    name: str
    username: str | None = None
    is_superuser: bool = False
    email_verified: bool = False
