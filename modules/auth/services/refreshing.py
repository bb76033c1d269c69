"""The next pair of tokens: each refresh token is good once, and PostgreSQL picks the winner."""

from datetime import timedelta
from functools import cached_property, partial
from uuid import UUID

from litestar.di import NamedDependency

from kernel.http.client import Client
from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import RefreshExpired, RefreshInvalid, RefreshReused, SecurityNoticed
from modules.auth.models import SessionRow
from modules.auth.repositories import Rotated, SessionRepository, rotate
from modules.auth.schemas import TokenPair
from modules.auth.services.components import Components
from modules.auth.services.security_log import SecurityLog
from modules.auth.services.sessions import Sessions
from modules.users import Users


class Refreshing:
    """Rotates refresh tokens, inside one transaction."""

    def __init__(self, uow: UnitOfWork, users: Users, components: Components, client: Client) -> None:
        self._uow = uow
        self._users = users
        self._components = components
        self._client = client
        self._log = SecurityLog(uow)
        self._pairs = Sessions(uow, components)

    @cached_property
    def _sessions(self) -> SessionRepository:
        return SessionRepository(session=self._uow.session)

    async def refresh(self, token: str) -> TokenPair:
        """The next pair; raises `RefreshReused` (the session is over), `RefreshExpired` or `RefreshInvalid`."""
        claim = self._components.refresh_tokens.read(token)
        if claim is None:
            raise RefreshInvalid
        shared = self._components.settings.refresh_grace > 0  # else there is no second try, if it is done but not said
        won = await self._components.rotations.first(*claim) if shared else None
        return await self._pairs.pair(won or await self._successor(*claim))

    async def _successor(self, session_id: UUID, generation: int) -> SessionRow | Rotated:
        """Why a token could not be rotated: the session as it is, if the token is its previous one and fresh enough."""
        sliding = timedelta(seconds=self._components.settings.refresh_token_ttl)
        if rotated := await rotate(self._uow, session_id, generation, sliding=sliding):  # it was only held
            return rotated
        row = await self._sessions.locked(session_id)
        now = await self._sessions.now()
        if row is None or row.revoked_at is not None or generation > row.generation:
            raise RefreshInvalid
        if now >= min(row.expires_at, row.absolute_expires_at):
            raise RefreshExpired
        grace = timedelta(seconds=self._components.settings.refresh_grace)
        if generation == row.generation - 1 and now - row.rotated_at < grace:
            return row
        await self._end_reused(row)
        raise RefreshReused

    async def _end_reused(self, row: SessionRow) -> None:
        """The session is over, and its owner is told."""
        await self._sessions.revoke(SessionRow.id == row.id, reason="reuse")
        self._uow.after_commit(partial(self._components.session_cache.forget, row.user_id))
        self._log.note(row.user_id, "session_reused", self._client, session_id=row.id)
        user = await self._users.find(row.user_id)
        if user is not None:
            await post(self._uow, "auth.session_ended", user_id=user.id, recipient=user.email)
            await self._uow.publish(SecurityNoticed(user_id=user.id, kind="session_reused", session_id=row.id))


def provide_refreshing(
    uow: NamedDependency[UnitOfWork],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
    client: NamedDependency[Client],
) -> Refreshing:
    """Dependency provider."""
    return Refreshing(uow, users, components, client)
