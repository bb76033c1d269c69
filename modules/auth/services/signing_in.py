"""Proving who one is."""

import time
from functools import partial
from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.errors import InvalidToken, PermissionDenied, ValidationFailed, Violation
from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.identity import identity
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import EmailNotVerified, InvalidCredentials
from modules.auth.models import CredentialRow
from modules.auth.repositories import CredentialRepository, SessionRepository
from modules.auth.schemas import MfaRequired, Proof, TokenPair
from modules.auth.services.components import Components
from modules.auth.services.second_factor import SecondFactor
from modules.auth.services.security_log import SecurityLog
from modules.auth.services.sessions import Sessions
from modules.users import Accounts, User

NOBODY = UUID(int=0)
"""Whose log holds what was tried on accounts that there are not: to leave it out would take less time."""


class SigningIn:
    """Takes a password, and a code where that is not enough, and begins a session or makes one fresh again."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, components: Components, limiter: RequestLimiter, client: Client
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._components = components
        self._limiter = limiter
        self._client = client
        self._sessions = Sessions(uow, components)
        self._factor = SecondFactor(uow, components, limiter, client)
        self._log = SecurityLog(uow)
        self._rows = SessionRepository(session=uow.session)
        self._credentials = CredentialRepository(session=uow.session)

    async def log_in(self, email: str, password: str) -> TokenPair | MfaRequired:
        """A new session, or half of one; raises `RateLimited`, or `InvalidCredentials` after the same work always.

        What has changed while the password was looked at counts as if it had been so from the beginning.
        """
        account, user = await self._find(email)
        credential = await self._credentials.of(NOBODY if user is None else user.id)
        await self._uow.pause()
        async with self._components.throttle.attempt(self._limiter, account, self._client):
            matches = await self._matches(password, credential)
            if user is not None and matches and not user.is_active:
                user = await self._accounts.hold(user.id)
            if user is None or credential is None or not matches:
                self._log.note(NOBODY if credential is None else credential.user_id, "sign_in_failed", self._client)
                raise InvalidCredentials
        stored = await self._renewed(password, credential)
        if stored is not None and await self._factor.is_on(user.id):
            ttl = self._components.settings.mfa_ttl
            token = self._components.mfa_tokens.issue(user.id, stored, time.time() + ttl)
            return MfaRequired(mfa_token=token, expires_in=round(ttl))
        pair = None if stored is None else await self._begin(user.id, stored)
        return pair or await self.log_in(email, password)

    async def verify(self, mfa_token: str, code: str) -> TokenPair:
        """A new session, with both halves; raises `InvalidToken` for a first one that is not, or `InvalidCode`."""
        user_id = self._components.mfa_tokens.subject(mfa_token)
        credential = None if user_id is None else await self._credentials.of(user_id)
        if credential is None or not self._components.mfa_tokens.verify(mfa_token, credential.password_hash):
            raise InvalidToken
        await self._uow.pause()
        await self._factor.check(credential.user_id, code)
        pair = await self._begin(credential.user_id, credential.password_hash)
        if pair is None:
            raise InvalidToken
        return pair

    async def prove_again(self, me: Principal, proof: Proof) -> TokenPair:
        """The tokens of this session, whose owner has just been asked; raises `InvalidCredentials` or `InvalidCode`."""
        if me.session_id is None:
            raise PermissionDenied
        match proof:
            case Proof(password=str(password), code=msgspec.UNSET):
                await self._check_password(me, password)
            case Proof(password=msgspec.UNSET, code=str(code)):
                await self._factor.check(me.id, code, session_id=me.session_id)
            case _:
                raise ValidationFailed([Violation("/body/password", "required", "Give a password or a code.")])
        row = await self._rows.prove_again(me.session_id)
        if row is None:
            raise InvalidToken
        self._log.note(me.id, "reauthenticated", self._client, session_id=row.id)
        self._uow.after_commit(partial(self._components.session_cache.forget, me.id))
        return await self._sessions.pair(row)

    async def _check_password(self, me: Principal, password: str) -> None:
        credential = await self._credentials.of(me.id)
        await self._uow.pause()
        async with self._components.throttle.attempt(self._limiter, str(me.id), self._client):
            if not await self._matches(password, credential):
                self._log.note(me.id, "reauthentication_failed", self._client, session_id=me.session_id)
                raise InvalidCredentials

    async def _begin(self, user_id: UUID, password_hash: str) -> TokenPair | None:
        """A session, if what was proved still holds; raises `EmailNotVerified` where that matters.

        Who has asked to be erased, and comes back in time, stays. A new password, a deactivation and a departure lock
        one of these rows before they end all sessions: either they wait, and end this one too, or they are seen here.
        """
        if not await self._credentials.hold(user_id, password_hash):
            return None
        user = await self._accounts.hold(user_id)
        if user is None:
            return None
        if self._components.settings.verified_only and not user.email_verified:
            raise EmailNotVerified
        if not user.is_active:
            user = await self._accounts.restore(user_id) or user
        pair = await self._sessions.begin(user.id, self._client)
        await self._log.note_sign_in(user, self._client, pair.session_id)
        return pair

    async def _matches(self, password: str, credential: CredentialRow | None) -> bool:
        """After hashes of the configured cost, whoever it is."""
        return await self._components.passwords.verify(
            password, None if credential is None else credential.password_hash
        )

    async def _renewed(self, password: str, credential: CredentialRow) -> str | None:
        """The hash of a right password, made once more where its cost is not that of now; none if it is gone."""
        if not self._components.passwords.is_outdated(credential.password_hash):
            return credential.password_hash
        hashed = await self._components.passwords.hash(password)
        return hashed if await self._credentials.renew(credential, hashed) else None

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
    components: NamedDependency[Components],
    limiter: NamedDependency[RequestLimiter],
    client: NamedDependency[Client],
) -> SigningIn:
    """Dependency provider."""
    return SigningIn(uow, accounts, components, limiter, client)
