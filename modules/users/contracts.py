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


class UserRegistered(Event, frozen=True, tag="users.registered"):
    """Somebody joined."""

    user_id: UUID


class AccountOpened(Event, frozen=True, tag="users.account_opened"):
    """An administrator made an account: its person has no password yet, and is to be told how to set one."""

    user_id: UUID


class UserActivated(Event, frozen=True, tag="users.activated"):
    """An administrator let somebody in again."""

    user_id: UUID


class UserDeactivated(Event, frozen=True, tag="users.deactivated"):
    """An administrator shut somebody out."""

    user_id: UUID


class UserDeletionRequested(Event, frozen=True, tag="users.deletion_requested"):
    """An account is to be erased when its time of grace is over; for the world, its person has left."""

    user_id: UUID


class ExportRequested(Event, frozen=True, tag="users.export_requested"):
    """Somebody wants all that is known of them."""

    export_id: UUID
    user_id: UUID


class UserRestored(Event, frozen=True, tag="users.restored"):
    """Somebody who was about to be erased is back."""

    user_id: UUID


class UserErased(Event, frozen=True, tag="users.erased"):
    """Nothing of a person is left but their id."""

    user_id: UUID


class RolesChanged(Event, frozen=True, tag="users.roles_changed"):
    """Somebody may do other things than before."""

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


class LastSuperuser(Conflict):
    """Nobody could do what only superusers may.

    The last active superuser can be neither deactivated nor deleted.
    """


class RoleTaken(Conflict):
    """There is a role of this name already."""


class BuiltInRole(Conflict):
    """This role is part of the product.

    `admin` and `moderator` can be given and taken away, but neither changed nor deleted.
    """


class CannotFollowYourself(Conflict):
    """Nobody can follow themselves."""


@runtime_checkable
class Users(Protocol):
    """Reading people. Who has asked to be erased is unknown already."""

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        """Users by id in one round trip; unknown ids are simply absent."""
        ...

    async def find_by_username(self, username: str) -> User | None:
        """The holder of a username."""
        ...


@runtime_checkable
class Directory(Protocol):
    """Reading people as they are committed, beside any transaction. Who has asked to be erased is unknown already."""

    async def find_callers(self, user_ids: set[UUID]) -> dict[UUID, Caller]:
        """What these people may do, in one query; unknown ids are absent, who is about to be erased is inactive."""
        ...

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
    """Making people, and knowing them by their address, also those who are about to be erased."""

    async def create(self, person: NewUser) -> User:
        """A new account, announced to the world; raises `EmailTaken` or `UsernameTaken`."""
        ...

    async def find_by_email(self, email: str) -> User | None:
        """Whoever has this address, however it is spelled."""
        ...

    async def verify_email(self, user_id: UUID, email: str) -> bool:
        """Mark the address as theirs if it still is; whether it is."""
        ...

    async def change_email(self, user_id: UUID, email: str) -> User:
        """Another address, which has been confirmed; raises `EmailTaken`, or `NotFound`."""
        ...

    async def hold(self, user_id: UUID) -> User | None:
        """Somebody who may sign in, as they are until the transaction ends: not active if about to be erased."""
        ...

    async def restore(self, user_id: UUID) -> User | None:
        """Take back the deletion that somebody asked for themselves; nobody if there is none to take back."""
        ...


@runtime_checkable
class Audience(Protocol):
    """Everybody who is active, or all of them with one role, however many they are; ``up_to`` bounds their ids."""

    async def count(self, role: str | None, *, up_to: UUID) -> int:
        """How many there are."""
        ...

    async def page(self, role: str | None, *, after: UUID | None, up_to: UUID, limit: int) -> list[UUID]:
        """Some of them in ascending order of their ids; the next page begins after the last one."""
        ...


@runtime_checkable
class Follows(Protocol):
    """Who follows whom."""

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        """One page of followers in ascending order of their ids; the next page begins after the last one."""
        ...

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        """Whom somebody follows, whom they began to follow last first."""
        ...
