"""What other modules may know of people, and ask about them."""

from datetime import datetime
from typing import Annotated, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

import msgspec

from kernel.errors import Conflict
from kernel.events import Event
from kernel.versions import Tokens

Email: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254, examples=["ada@example.org"])
]
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


class NewUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who joins. Without a username one is made from the name."""

    email: str
    name: str
    username: str | None = None
    is_superuser: bool = False
    email_verified: bool = False


class UserRegistered(Event, frozen=True, tag="users.registered"):
    """Somebody joined."""

    user_id: UUID


class UserFollowed(Event, frozen=True, tag="users.followed"):
    """Somebody began to follow somebody."""

    follower_id: UUID
    followee_id: UUID


class EmailTaken(Conflict):
    """This e-mail address already has an account.

    Addresses that differ only in case or in compatible Unicode forms are the same address.
    """


class UsernameTaken(Conflict):
    """This username belongs to somebody else."""


class CannotFollowYourself(Conflict):
    """Nobody can follow themselves."""


@runtime_checkable
class Users(Protocol):
    """Reading people."""

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        """Users by id in one round trip; unknown ids are simply absent."""
        ...

    async def find_by_username(self, username: str) -> User | None:
        """The holder of a username."""
        ...


@runtime_checkable
class Directory(Protocol):
    """Reading people as they are committed, beside any transaction."""

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        """Users by id in one round trip; unknown ids are simply absent."""
        ...

    async def find_with_tokens(self, user_ids: set[UUID]) -> tuple[dict[UUID, User], Tokens | None]:
        """The same for a cached value that embeds them: it carries their tokens, or is not to be kept."""
        ...

    async def find_by_username(self, username: str) -> User | None:
        """The holder of a username."""
        ...


@runtime_checkable
class Accounts(Protocol):
    """Making people, and knowing them by their address."""

    async def create(self, person: NewUser) -> User:
        """A new account, announced to the world; raises `EmailTaken` or `UsernameTaken`."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """Whoever has this address, however it is spelled."""
        ...

    async def verify_email(self, user_id: UUID, email: str) -> bool:
        """Mark the address as theirs if it still is; whether it is."""
        ...


@runtime_checkable
class Follows(Protocol):
    """Who follows whom."""

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        """One page of followers in ascending order of their ids; the next page begins after the last one."""
        ...
