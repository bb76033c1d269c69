"""Proving who one is."""

from uuid import UUID

from litestar.di import NamedDependency

from kernel.errors import ValidationFailed
from kernel.http.client import Client
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidCredentials
from modules.auth.repositories import CredentialRepository
from modules.auth.schemas import TokenPair
from modules.auth.services.sessions import Sessions
from modules.auth.services.tools import Tools
from modules.users import Accounts, User

NOBODY = UUID(int=0)


class SigningIn:
    """Takes an address and a password, and begins a session."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, tools: Tools) -> None:
        self._uow = uow
        self._accounts = accounts
        self._tools = tools
        self._sessions = Sessions(uow, tools)
        self._credentials = CredentialRepository(session=uow.session)

    async def log_in(self, email: str, password: str, client: Client) -> TokenPair:
        """A new session; raises `InvalidCredentials` after the same work whatever is wrong.

        Who has asked to be erased, and comes back in time, stays.
        """
        user = await self._find(email)
        matches = await self._has_password(NOBODY if user is None else user.id, password)
        if user is None or not matches:
            raise InvalidCredentials
        if not user.is_active and await self._accounts.restore(user.id) is None:
            raise InvalidCredentials
        return await self._sessions.begin(user.id, client)

    async def _has_password(self, user_id: UUID, password: str) -> bool:
        """After one hash, whoever it is."""
        credential = await self._credentials.get_one_or_none(user_id=user_id)
        stored = None if credential is None else credential.password_hash
        await self._uow.pause()
        return await self._tools.passwords.verify(password, stored)

    async def _find(self, email: str) -> User | None:
        try:
            return await self._accounts.find_by_email(email)
        except ValidationFailed:  # what cannot be an address is nobody's
            return None


def provide_signing_in(
    uow: NamedDependency[UnitOfWork], accounts: NamedDependency[Accounts], tools: NamedDependency[Tools]
) -> SigningIn:
    """Dependency provider."""
    return SigningIn(uow, accounts, tools)
