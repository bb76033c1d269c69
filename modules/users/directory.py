"""Reading people beside the unit of work: what is committed now, cached where it is asked for again and again."""

from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.cache import Cache, Entry, Loaded
from kernel.errors import InvalidToken, NotFound
from kernel.http.encoding import encode
from kernel.reads import Reader
from kernel.security import Permissions
from kernel.versions import Tokens
from modules.users.cache_entities import person, popularity, username_of
from modules.users.contracts import Caller, Directory, User
from modules.users.repositories import BY_USERNAME, CALLERS, RECORDS, USERS, UserRecord
from modules.users.roles import permissions_of
from modules.users.schemas import Profile


def to_user(record: UserRecord) -> User:
    """The single place where a record becomes something that other modules may see."""
    return msgspec.convert(record, User, from_attributes=True)


class UserDirectory(Directory):
    """People as they are committed."""

    def __init__(self, reader: Reader, cache: Cache, permissions: Permissions) -> None:
        self._reader = reader
        self._cache = cache
        self._permissions = permissions

    async def find_callers(self, user_ids: set[UUID]) -> dict[UUID, Caller]:
        return {
            user_id: Caller(
                id=user_id,
                is_active=record.is_active,
                is_superuser=record.is_superuser,
                permissions=permissions_of(record.roles, record.granted, self._permissions),
            )
            for user_id, record in (await self._reader.by_id(CALLERS, user_ids)).items()
        }

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        return await self._reader.by_id(USERS, user_ids)

    async def find_with_tokens(self, user_ids: set[UUID]) -> tuple[dict[UUID, User], Tokens | None]:
        tokens = await self._cache.tokens([person(user_id) for user_id in user_ids])
        return await self.find_many(user_ids), tokens

    async def find_by_username(self, username: str) -> User | None:
        record = await self._reader.one(BY_USERNAME, username=username)
        return None if record is None else to_user(record)

    async def me(self, user_id: UUID) -> Loaded | Entry:
        """A `User` as JSON; raises `InvalidToken` for a caller who is gone since they were let in."""

        async def load() -> Loaded:
            record = (await self._reader.by_id(RECORDS, {user_id})).get(user_id)
            if record is None:
                raise InvalidToken
            return Loaded(encode(to_user(record)), record.version)

        return await self._cache.fetch(f"users:me:{user_id}", [person(user_id)], load)

    async def profile(self, user_id: UUID) -> Loaded | Entry:
        """A `Profile` as JSON; raises `NotFound`."""

        async def load() -> Loaded:
            return to_profile(await self._record(user_id))

        return await self._cache.fetch(f"users:profile:{user_id}", [person(user_id), popularity(user_id)], load)

    async def profile_by_username(self, username: str) -> Loaded | Entry:
        """The same by name; raises `NotFound`."""

        async def load() -> Loaded:
            holder = await self._reader.one(BY_USERNAME, username=username)
            if holder is None:
                raise NotFound
            tokens = await self._cache.tokens([person(holder.id), popularity(holder.id)])
            return msgspec.structs.replace(to_profile(await self._record(holder.id)), tokens=tokens)

        return await self._cache.fetch(f"users:named:{username}", [username_of(username)], load)

    async def _record(self, user_id: UUID) -> UserRecord:
        record = (await self._reader.by_id(RECORDS, {user_id})).get(user_id)
        if record is None:
            raise NotFound
        return record


def to_profile(record: UserRecord) -> Loaded:
    """What anybody may see of a person."""
    return Loaded(encode(msgspec.convert(record, Profile, from_attributes=True)), record.version)


def provide_user_directory(
    reader: NamedDependency[Reader], cache: NamedDependency[Cache], permissions: NamedDependency[Permissions]
) -> UserDirectory:
    """The whole directory, for this module's own controllers."""
    return UserDirectory(reader, cache, permissions)


def provide_directory(
    reader: NamedDependency[Reader], cache: NamedDependency[Cache], permissions: NamedDependency[Permissions]
) -> Directory:
    """Dependency provider; plain enough to be called by hand."""
    return UserDirectory(reader, cache, permissions)
