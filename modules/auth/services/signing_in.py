"""Proving who one is."""

from functools import partial
from uuid import UUID

from litestar.di import NamedDependency

from kernel.errors import InvalidToken, PermissionDenied, ValidationFailed
from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.identity import identity
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidCredentials
from modules.auth.models import CredentialRow
from modules.auth.repositories import CredentialRepository, SessionRepository
from modules.auth.schemas import TokenPair
from modules.auth.services.security_log import SecurityLog
from modules.auth.services.sessions import Sessions
from modules.auth.services.tools import Tools
from modules.users import Accounts, User

NOBODY = UUID(int=0)
"""Whose log holds what was tried on accounts that there are not: to leave it out would take less time."""


class SigningIn:
    """Takes a password, and begins a session or makes one fresh again."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, tools: Tools, limiter: RequestLimiter, client: Client
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._tools = tools
        self._limiter = limiter
        self._client = client
        self._sessions = Sessions(uow, tools)
        self._log = SecurityLog(uow)
        self._rows = SessionRepository(session=uow.session)
        self._credentials = CredentialRepository(session=uow.session)

    async def log_in(self, email: str, password: str) -> TokenPair:
        """A new session; raises `InvalidCredentials` after the same work whatever is wrong, or `RateLimited`.

        Who has asked to be erased, and comes back in time, stays.
        """
        account, user = await self._find(email)
        credential = await self._credentials.get_one_or_none(user_id=NOBODY if user is None else user.id)
        await self._uow.pause()
        async with self._tools.throttle.attempt(self._limiter, account, self._client):
            matches = await self._matches(password, credential)
            if user is not None and matches and not user.is_active:
                user = await self._accounts.restore(user.id)
            if user is None or not matches:
                self._log.note(NOBODY if credential is None else credential.user_id, "sign_in_failed", self._client)
                raise InvalidCredentials
        await self._renew(password, credential)
        pair = await self._sessions.begin(user.id, self._client)
        await self._log.note_sign_in(user, self._client, pair.session_id)
        return pair

    async def prove_again(self, me: Principal, password: str) -> TokenPair:
        """The tokens of this session, whose owner has just been asked; raises `InvalidCredentials`."""
        if me.session_id is None:
            raise PermissionDenied("A personal access token does not prove who uses it.")
        credential = await self._credentials.get_one_or_none(user_id=me.id)
        await self._uow.pause()
        async with self._tools.throttle.attempt(self._limiter, str(me.id), self._client):
            if not await self._matches(password, credential):
                self._log.note(me.id, "reauthentication_failed", self._client, session_id=me.session_id)
                raise InvalidCredentials
        row = await self._rows.prove_again(me.session_id)
        if row is None:
            raise InvalidToken
        self._log.note(me.id, "reauthenticated", self._client, session_id=row.id)
        self._uow.after_commit(partial(self._tools.known_sessions.forget, me.id))
        return await self._sessions.pair(row)

    async def _matches(self, password: str, credential: CredentialRow | None) -> bool:
        """After hashes of the configured cost, whoever it is."""
        return await self._tools.passwords.verify(password, None if credential is None else credential.password_hash)

    async def _renew(self, password: str, credential: CredentialRow | None) -> None:
        """Hash a right password once more, where that was done at another cost."""
        if credential is not None and self._tools.passwords.is_outdated(credential.password_hash):
            await self._credentials.renew(credential, await self._tools.passwords.hash(password))

    async def _find(self, email: str) -> tuple[str, User | None]:
        """By what tries on the account are counted, and who it is. What cannot be an address is nobody's."""
        try:
            user = await self._accounts.find_by_email(email)
            return (identity(email) if user is None else str(user.id)), user
        except ValidationFailed:
            return email, None


def provide_signing_in(
    uow: NamedDependency[UnitOfWork],
    accounts: NamedDependency[Accounts],
    tools: NamedDependency[Tools],
    limiter: NamedDependency[RequestLimiter],
    client: NamedDependency[Client],
) -> SigningIn:
    """Dependency provider."""
    return SigningIn(uow, accounts, tools, limiter, client)
