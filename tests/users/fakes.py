"""The users module as others see it, without a database. Published by the team that owns users."""

from uuid import UUID

import msgspec

from kernel.db import new_id, utc_now
from kernel.errors import NotFound
from kernel.identity import identity
from kernel.security import Permissions
from kernel.versions import Tokens
from modules.users import Accounts, Caller, Directory, EmailTaken, Follows, NewUser, User, UsernameTaken, Users
from modules.users.roles import permissions_of
from modules.users.services import usernames


class FakeUsers(Users):
    """Knows the people that it was given; ``people`` may be changed. Those in ``leaving`` have asked to be erased."""

    def __init__(self, *people: User) -> None:
        self.people = {person.id: person for person in people}
        self.leaving: set[UUID] = set()

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        return {user_id: self.people[user_id] for user_id in user_ids & (self.people.keys() - self.leaving)}

    async def find_by_username(self, username: str) -> User | None:
        return next((user for user in self.people.values() if user.username == username and self.is_here(user)), None)

    async def has_superuser(self) -> bool:
        return any(user.is_superuser and user.is_active and self.is_here(user) for user in self.people.values())

    def is_here(self, user: User) -> bool:
        """Whether the world still knows somebody."""
        return user.id not in self.leaving


class FakeDirectory(Directory):
    """The same people as a `FakeUsers` knows, as they are committed. Who has a role that is a row may nothing by it."""

    def __init__(self, users: FakeUsers, permissions: Permissions | None = None) -> None:
        self._users = users
        self._permissions = permissions or Permissions()

    async def find_callers(self, user_ids: set[UUID]) -> dict[UUID, Caller]:
        people = [self._users.people[user_id] for user_id in user_ids & self._users.people.keys()]
        return {
            user.id: Caller(
                id=user.id,
                is_active=user.is_active and self._users.is_here(user),
                is_superuser=user.is_superuser,
                permissions=permissions_of(user.roles, (), self._permissions),
            )
            for user in people
        }

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        return await self._users.find_many(user_ids)

    async def find_with_tokens(self, user_ids: set[UUID]) -> tuple[dict[UUID, User], Tokens | None]:
        return await self.find_many(user_ids), None

    async def find_by_username(self, username: str) -> User | None:
        return await self._users.find_by_username(username)


class FakeAccounts(Accounts):
    """Adds to the people that a `FakeUsers` knows."""

    def __init__(self, users: FakeUsers) -> None:
        self._users = users

    async def create(self, person: NewUser) -> User:
        if await self.find_by_email(person.email) is not None:
            raise EmailTaken
        candidates = [person.username] if person.username else usernames(person.name)
        taken = {each.username for each in self._users.people.values()}
        username = next((each for each in candidates if each not in taken), None)
        if username is None:
            raise UsernameTaken
        now = utc_now()
        user = User(
            id=new_id(),
            email=person.email,
            username=username,
            name=person.name,
            bio="",
            is_active=True,
            is_superuser=person.is_superuser,
            email_verified=person.email_verified,
            roles=[],
            created_at=now,
            updated_at=now,
        )
        self._users.people[user.id] = user
        return user

    async def find_by_email(self, email: str) -> User | None:
        wanted = identity(email)
        user = next((person for person in self._users.people.values() if identity(person.email) == wanted), None)
        if user is None or self._users.is_here(user):
            return user
        return msgspec.structs.replace(user, is_active=False)

    async def verify_email(self, user_id: UUID, email: str) -> bool:
        user = self._users.people.get(user_id)
        if user is None or user.email != email:
            return False
        self._users.people[user_id] = msgspec.structs.replace(user, email_verified=True)
        return True

    async def change_email(self, user_id: UUID, email: str) -> User:
        if user_id not in self._users.people:
            raise NotFound
        holder = await self.find_by_email(email)
        if holder is not None and holder.id != user_id:
            raise EmailTaken
        changed = msgspec.structs.replace(self._users.people[user_id], email=email, email_verified=True)
        self._users.people[user_id] = changed
        return changed

    async def hold(self, user_id: UUID) -> User | None:
        user = self._users.people.get(user_id)
        if user is None or not user.is_active:
            return None
        return user if self._users.is_here(user) else msgspec.structs.replace(user, is_active=False)

    async def restore(self, user_id: UUID) -> User | None:
        user = self._users.people.get(user_id)
        if user is None or self._users.is_here(user) or not user.is_active:
            return None
        self._users.leaving.discard(user_id)
        return user


class FakeFollows(Follows):
    """Knows the pairs that it was given: who follows, and whom."""

    def __init__(self, *pairs: tuple[UUID, UUID]) -> None:
        self.pairs = dict.fromkeys(pairs)

    async def follower_ids(self, user_id: UUID, *, after: UUID | None, limit: int) -> list[UUID]:
        followers = sorted(follower for follower, followee in self.pairs if followee == user_id)
        return [follower for follower in followers if after is None or follower > after][:limit]

    async def followee_ids(self, user_id: UUID, *, limit: int) -> list[UUID]:
        return [followee for follower, followee in reversed(self.pairs) if follower == user_id][:limit]
