"""Becoming somebody."""

from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.http.decoding import body_of
from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import Enrolment
from modules.auth.models import CredentialRow
from modules.auth.repositories import CredentialRepository
from modules.auth.schemas import Register
from modules.auth.services.components import Components
from modules.auth.services.email_verification import EmailVerification
from modules.users import Accounts, EmailTaken, NewUser, User, UsernameTaken, Users


class Registration(Enrolment):
    """Opens accounts that have a password from the beginning."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, users: Users, components: Components) -> None:
        self.hides_existing = components.settings.hide_existing_accounts
        self._uow = uow
        self._accounts = accounts
        self._users = users
        self._components = components
        self._verification = EmailVerification(uow, accounts, components)
        self._credentials = CredentialRepository(session=uow.session)

    async def enrol_superuser(self, *, email: str, name: str, password: str) -> UUID:
        form = {"email": email, "name": name, "password": password}
        body_of(Register).decode(msgspec.json.encode(form))  # the rules of the form hold here too
        person = NewUser(email=email, name=name, is_superuser=True, email_verified=True)
        return (await self.enrol(person, await self.hashed(password))).id

    async def hashed(self, password: str) -> str:
        """What is kept of a password; slow, so to be asked for before the database is. Raises `Overloaded`."""
        return await self._components.passwords.hash(password)

    async def enrol(self, person: NewUser, password_hash: str) -> User:
        """A new account; raises what `Accounts.create` does."""
        user = await self._accounts.create(person)
        await self._credentials.add(CredentialRow(user_id=user.id, password_hash=password_hash))
        if not user.email_verified:
            await self._verification.ask(user)
        return user

    async def enrol_or_tell(self, person: NewUser, password_hash: str) -> None:
        """The same, but that an address is taken only its owner hears, by mail."""
        # The name first: it is public, and refused for the same reason whether the address is taken or not.
        if person.username and await self._users.find_by_username(person.username):
            raise UsernameTaken
        try:
            await self.enrol(person, password_hash)
        except EmailTaken:
            owner = await self._accounts.find_by_email(person.email)
            if owner is not None:
                await post(self._uow, "auth.existing_account", user_id=owner.id, recipient=owner.email)


def provide_registration(
    uow: NamedDependency[UnitOfWork],
    accounts: NamedDependency[Accounts],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
) -> Registration:
    """Dependency provider."""
    return Registration(uow, accounts, users, components)
