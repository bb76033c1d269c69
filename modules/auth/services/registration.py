"""Becoming somebody."""

from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.errors import ValidationFailed
from kernel.http.decoding import body_of
from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import Enrolment
from modules.auth.models import CredentialRow
from modules.auth.passwords import weaknesses
from modules.auth.repositories import CredentialRepository
from modules.auth.schemas import Register
from modules.auth.services.tools import Tools
from modules.auth.services.verification import EmailVerification
from modules.users import Accounts, EmailTaken, NewUser, User, UsernameTaken, Users


class Registration(Enrolment):
    """Opens accounts that have a password from the beginning."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, users: Users, tools: Tools) -> None:
        self.hides_existing = tools.settings.hide_existing_accounts
        self._uow = uow
        self._accounts = accounts
        self._users = users
        self._tools = tools
        self._verification = EmailVerification(uow, accounts, tools)
        self._credentials = CredentialRepository(session=uow.session)

    async def enrol_superuser(self, *, email: str, name: str, password: str) -> UUID:
        form = {"email": email, "name": name, "password": password}
        body_of(Register).decode(msgspec.json.encode(form))  # the rules of the form hold here too
        person = NewUser(email=email, name=name, is_superuser=True, email_verified=True)
        return (await self.enrol(person, password)).id

    async def enrol(self, person: NewUser, password: str) -> User:
        """A new account; raises what `Accounts.create` does, and `ValidationFailed` for a weak password."""
        await self._refuse_weak(person, password)
        hashed = await self._tools.passwords.hash(password)
        user = await self._accounts.create(person)
        await self._credentials.add(CredentialRow(user_id=user.id, password_hash=hashed))
        if not user.email_verified:
            await self._verification.ask(user)
        return user

    async def enrol_or_tell(self, person: NewUser, password: str) -> None:
        """The same, but that an address is taken only its owner hears, by mail."""
        # The name first: it is public, and refused for the same reason whether the address is taken or not.
        if person.username and await self._users.find_by_username(person.username):
            raise UsernameTaken
        try:
            await self.enrol(person, password)
        except EmailTaken:
            owner = await self._accounts.find_by_email(person.email)
            if owner is not None:
                await post(self._uow, "auth.existing_account", user_id=owner.id, recipient=owner.email)

    async def _refuse_weak(self, person: NewUser, password: str) -> None:
        """Raise `ValidationFailed` for a weak password, together with what is wrong with the address."""
        if found := list(weaknesses(password, email=person.email, name=person.name)):
            try:
                await self._accounts.find_by_email(person.email)
            except ValidationFailed as error:
                found = [*error.violations, *found]
            raise ValidationFailed(found)


def provide_registration(
    uow: NamedDependency[UnitOfWork],
    accounts: NamedDependency[Accounts],
    users: NamedDependency[Users],
    tools: NamedDependency[Tools],
) -> Registration:
    """Dependency provider."""
    return Registration(uow, accounts, users, tools)
