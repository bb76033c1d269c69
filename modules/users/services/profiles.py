"""People: their accounts, and what they say of themselves."""

import secrets
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import count
from uuid import UUID

import msgspec
from slugify import slugify
from sqlalchemy.exc import IntegrityError

from kernel.errors import Conflict, NotFound
from kernel.identity import identity
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.users.cache_entities import person, popularity, username_of
from modules.users.contracts import (
    Accounts,
    EmailTaken,
    FollowsToRecount,
    NewUser,
    User,
    UsernameTaken,
    UserRegistered,
    UserRestored,
    Users,
)
from modules.users.models import UserRow
from modules.users.repositories import UserRepository
from modules.users.schemas import ChangeProfile, ReplaceProfile


def to_user(row: UserRow) -> User:
    """The single place where a row becomes something that other modules may see."""
    user = msgspec.convert(row, User, from_attributes=True)
    return user if row.deletion_requested_at is None else msgspec.structs.replace(user, is_active=False)


def usernames(name: str) -> Iterator[str]:
    """Valid usernames that recall the name, without end: the first is the most beautiful, the others rarely taken."""
    base = slugify(name, separator="_")
    yield f"{base[:25].strip('_') or 'user':_<3}"
    for digits in count(2):
        number = f"{secrets.randbelow(10**digits):0{digits}}"
        yield f"{base[: 29 - digits].strip('_') or 'user'}_{number}"


class UserService(Users, Accounts):
    """What people do with their own accounts, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @cached_property
    def _users(self) -> UserRepository:
        return UserRepository(session=self._uow.session)

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        return {row.id: to_user(row) for row in await self._users.by_ids(user_ids)} if user_ids else {}

    async def find_by_username(self, username: str) -> User | None:
        row = await self._users.by_username(username)
        return None if row is None else to_user(row)

    async def has_superuser(self) -> bool:
        return await self._users.has_superuser()

    async def find_by_email(self, email: str) -> User | None:
        row = await self._users.get_one_or_none(email_identity=identity(email))
        return None if row is None else to_user(row)

    async def create(self, newcomer: NewUser) -> User:
        same_person = identity(newcomer.email)
        for username in [newcomer.username] if newcomer.username else usernames(newcomer.name):
            row = await self._users.insert_unless_taken(newcomer, identity=same_person, username=username)
            if row is not None:
                self._uow.changes(username_of(username))
                await self._uow.publish(UserRegistered(user_id=row.id))
                return to_user(row)
            if await self._users.exists(email_identity=same_person):
                raise EmailTaken
        raise UsernameTaken

    async def verify_email(self, user_id: UUID, email: str) -> bool:
        row = await self._users.to_edit(user_id)
        if row is None or row.email != email:
            return False
        row.email_verified = True
        self._uow.changes(person(user_id))
        return True

    async def change_email(self, user_id: UUID, email: str) -> User:
        row = await self._users.to_edit(user_id)
        if row is None:
            raise NotFound
        address = {"email": email, "email_identity": identity(email), "email_verified": True}
        await self._set_unless(EmailTaken, row, address)
        self._uow.changes(person(user_id))
        return to_user(row)

    async def hold(self, user_id: UUID) -> User | None:
        row = await self._users.to_edit(user_id)
        return None if row is None or not row.is_active else to_user(row)

    async def restore(self, user_id: UUID) -> User | None:
        row = await self._users.to_edit(user_id)
        if row is None or row.deletion_requested_at is None or not row.is_active:
            return None
        row.deletion_requested_at = None
        await self._uow.session.flush()
        self._uow.changes(person(user_id), popularity(user_id), username_of(row.username))
        await self._uow.publish(UserRestored(user_id=user_id), FollowsToRecount(user_id=user_id))
        return to_user(row)

    async def change(self, user_id: UUID, form: ChangeProfile | ReplaceProfile, if_match: IfMatch) -> Versioned[User]:
        """Apply what was sent, leave the rest alone; raises `UsernameTaken` or `PreconditionFailed`."""
        row = await self._users.to_edit(user_id)
        if row is None:
            raise NotFound
        if_match.check(row.version)
        before = row.username
        given = {name: value for name, value in msgspec.structs.asdict(form).items() if value is not msgspec.UNSET}
        await self._set_unless(UsernameTaken, row, given)
        self._uow.changes(person(user_id), username_of(before), username_of(row.username))
        return Versioned(to_user(row), row.version)

    async def _set_unless(self, taken: type[Conflict], row: UserRow, values: Mapping[str, object]) -> None:
        try:
            async with self._uow.savepoint():  # set in there: to begin it writes what is set before
                for field, value in values.items():
                    if value != getattr(row, field):
                        setattr(row, field, value)
                await self._uow.session.flush()
        except IntegrityError as error:
            raise taken from error
