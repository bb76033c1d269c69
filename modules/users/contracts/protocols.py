"""What others may ask about people."""

from typing import Protocol, runtime_checkable
from uuid import UUID

from kernel.versions import Tokens
from modules.users.contracts.values import Caller, NewUser, User


@runtime_checkable
class Users(Protocol):
    """Reading people. Who has asked to be erased is unknown already."""

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        """Users by id in one round trip; unknown ids are simply absent."""
        ...

    async def find(self, user_id: UUID) -> User | None:
        """One of them."""
        return (await self.find_many({user_id})).get(user_id)

    async def find_by_username(self, username: str) -> User | None:
        """The holder of a username."""
        ...

    async def has_superuser(self) -> bool:
        """Whether there is anybody, active, who may do everything."""
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

    async def count(self, role: str | None, *, up_to: UUID) -> int | None:
        """How many there are; None if there is no such role."""
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
