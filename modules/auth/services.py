"""Rules of the auth module."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

import msgspec

from kernel.db import utc_now
from kernel.errors import ValidationFailed
from kernel.http.client import Client
from kernel.http.decoding import body_of
from kernel.mail import post
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import (
    Enrolment,
    InvalidCredentials,
    InvalidMailToken,
    RefreshExpired,
    RefreshInvalid,
    RefreshReused,
)
from modules.auth.known_sessions import KnownSessions
from modules.auth.models import CredentialRow, MailTokenRow, SessionRow
from modules.auth.passwords import Passwords, weaknesses
from modules.auth.repositories import CredentialRepository, MailTokenRepository, SessionRepository
from modules.auth.schemas import Register, TokenPair
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, MailTokens, RefreshTokens
from modules.users import Accounts, NewUser, User, Users

VERIFY_EMAIL = "verify_email"
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the rules work with, made once per process."""

    settings: AuthSettings
    passwords: Passwords
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    mail_tokens: MailTokens
    known_sessions: KnownSessions


class AuthService(Enrolment):
    """Signing up, in and out, inside one transaction."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, users: Users, tools: Tools) -> None:
        self._uow = uow
        self._accounts = accounts
        self._users = users
        self._tools = tools
        self._credentials = CredentialRepository(session=uow.session)
        self._sessions = SessionRepository(session=uow.session)
        self._mail_tokens = MailTokenRepository(session=uow.session)

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
            await self._ask_to_verify(user)
        return user

    async def _refuse_weak(self, person: NewUser, password: str) -> None:
        """Raise `ValidationFailed` for a weak password, together with what is wrong with the address."""
        if found := list(weaknesses(password, email=person.email, name=person.name)):
            try:
                await self._accounts.find_by_email(person.email)
            except ValidationFailed as error:
                found = [*error.violations, *found]
            raise ValidationFailed(found)

    async def log_in(self, email: str, password: str, client: Client) -> TokenPair:
        """A new session; raises `InvalidCredentials` after the same work whatever is wrong."""
        user = await self._find(email)
        credential = await self._credentials.get_one_or_none(user_id=NOBODY if user is None else user.id)
        stored = None if credential is None else credential.password_hash
        await self._uow.pause()
        matches = await self._tools.passwords.verify(password, stored)
        if user is None or not user.is_active or not matches:
            raise InvalidCredentials
        return await self._begin_session(user.id, client)

    async def refresh(self, token: str) -> TokenPair:
        """The next pair; raises `RefreshReused` (the session is over), `RefreshExpired` or `RefreshInvalid`."""
        claim = self._tools.refresh_tokens.read(token)
        if claim is None:
            raise RefreshInvalid
        session_id, generation = claim
        sliding = timedelta(seconds=self._tools.settings.refresh_token_ttl)
        row = await self._sessions.rotate(session_id, generation, sliding=sliding)
        return await self._pair(row or await self._successor(session_id, generation))

    async def log_out(self, me: Principal, scope: Literal["local", "others", "global"]) -> None:
        """End this session, all others, or all."""
        which = {
            "local": (SessionRow.id == me.session_id,),
            "others": (SessionRow.user_id == me.id, SessionRow.id != me.session_id),
            "global": (SessionRow.user_id == me.id,),
        }
        await self._sessions.revoke(*which[scope], reason="logout")
        self._tools.known_sessions.forget(me.id)

    async def verify_email(self, token: str) -> None:
        """The address is theirs; raises `InvalidMailToken`."""
        mail_id = self._tools.mail_tokens.read(token, VERIFY_EMAIL)
        row = None if mail_id is None else await self._mail_tokens.use(mail_id, VERIFY_EMAIL, utc_now())
        if row is None or not await self._accounts.verify_email(row.user_id, row.email):
            raise InvalidMailToken

    async def _find(self, email: str) -> User | None:
        try:
            return await self._accounts.find_by_email(email)
        except ValidationFailed:  # what cannot be an address is nobody's
            return None

    async def _begin_session(self, user_id: UUID, client: Client) -> TokenPair:
        now = utc_now()
        settings = self._tools.settings
        row = await self._sessions.add(
            SessionRow(
                user_id=user_id,
                auth_time=now,
                rotated_at=now,
                expires_at=now + timedelta(seconds=settings.refresh_token_ttl),
                absolute_expires_at=now + timedelta(seconds=settings.session_ttl),
                ip=client.ip,
                user_agent=client.user_agent,
            )
        )
        return await self._pair(row)

    async def _successor(self, session_id: UUID, generation: int) -> SessionRow:
        """Why a token could not be rotated: the session as it is, if the token is its previous one and fresh enough."""
        row = await self._sessions.locked(session_id)
        now = await self._sessions.now()
        if row is None or row.revoked_at is not None or generation > row.generation:
            raise RefreshInvalid
        if now >= min(row.expires_at, row.absolute_expires_at):
            raise RefreshExpired
        grace = timedelta(seconds=self._tools.settings.refresh_grace)
        if generation == row.generation - 1 and now - row.rotated_at < grace:
            return row
        await self._sessions.revoke(SessionRow.id == session_id, reason="reuse")
        self._tools.known_sessions.forget(row.user_id)
        user = (await self._users.find_many({row.user_id})).get(row.user_id)
        if user is not None:
            await post(self._uow, "auth.session_ended", user_id=user.id, recipient=user.email)
        raise RefreshReused

    async def _pair(self, row: SessionRow) -> TokenPair:
        tools = self._tools
        access_token = await tools.access_tokens.issue(row.user_id, row.id, utc_now(), self._uow.session)
        return TokenPair(
            access_token=access_token,
            refresh_token=tools.refresh_tokens.issue(row.id, row.generation),
            expires_in=round(tools.access_tokens.ttl.total_seconds()),
            session_id=row.id,
        )

    async def _ask_to_verify(self, user: User) -> None:
        await self._mail_tokens.retire(user.id, VERIFY_EMAIL)
        mail_id = await post(self._uow, f"auth.{VERIFY_EMAIL}", user_id=user.id, recipient=user.email)
        expires_at = utc_now() + timedelta(seconds=self._tools.settings.verification_ttl)
        self._uow.session.add(
            MailTokenRow(id=mail_id, user_id=user.id, purpose=VERIFY_EMAIL, email=user.email, expires_at=expires_at)
        )
