"""Sign-ins that last: how they begin, and how they end."""

from datetime import timedelta
from functools import cached_property, partial
from typing import Literal
from uuid import UUID

from litestar.di import NamedDependency

from kernel.db import utc_now
from kernel.errors import NotFound
from kernel.http.client import Client
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.models import SessionRow
from modules.auth.repositories import Rotated, SessionRepository
from modules.auth.schemas import Session, TokenPair
from modules.auth.services.components import Components


def to_session(row: SessionRow, *, current: bool) -> Session:
    """The single place where a row becomes something that its owner sees."""
    return Session(
        id=row.id,
        created_at=row.created_at,
        last_used_at=row.rotated_at,
        ip=row.ip,
        user_agent=row.user_agent,
        current=current,
    )


class Sessions:
    """The sessions of people, inside one transaction."""

    def __init__(self, uow: UnitOfWork, components: Components) -> None:
        self._uow = uow
        self._components = components

    @cached_property
    def _sessions(self) -> SessionRepository:
        return SessionRepository(session=self._uow.session)

    async def begin(self, user_id: UUID, client: Client) -> TokenPair:
        """A new session of somebody who has proved who they are."""
        now = utc_now()
        settings = self._components.settings
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
        return await self.pair(row)

    async def pair(self, row: SessionRow | Rotated) -> TokenPair:
        """The tokens of a session as it is now."""
        components = self._components
        access_token = await components.access_tokens.issue(row.user_id, row.id, utc_now(), self._uow)
        return TokenPair(
            access_token=access_token,
            refresh_token=components.refresh_tokens.issue(row.id, row.generation),
            expires_in=round(components.access_tokens.ttl.total_seconds()),
            session_id=row.id,
        )

    async def page(self, me: Principal, *, cursor: str | None, limit: int) -> Page[Session]:
        """Those of the caller that have not ended, newest first; raises `InvalidCursor`."""
        after = None if cursor is None else decode_cursor(cursor, "sessions", UUID)[0]
        rows = await self._sessions.living(me.id, after=after, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=tuple(to_session(row, current=row.id == me.session_id) for row in shown),
            next_cursor=encode_cursor("sessions", shown[-1].id) if len(rows) > limit else None,
        )

    async def end(self, me: Principal, session_id: UUID) -> None:
        """End one session of the caller; raises `NotFound`."""
        if not await self._sessions.revoke(SessionRow.user_id == me.id, SessionRow.id == session_id, reason="logout"):
            raise NotFound
        self._uow.after_commit(partial(self._components.session_cache.forget, me.id))

    async def log_out(self, me: Principal, scope: Literal["local", "others", "global"]) -> None:
        """End this session, all others, or all."""
        which = {
            "local": (SessionRow.id == me.session_id,),
            "others": (SessionRow.user_id == me.id, SessionRow.id != me.session_id),
            "global": (SessionRow.user_id == me.id,),
        }
        await self._sessions.revoke(*which[scope], reason="logout")
        self._uow.after_commit(partial(self._components.session_cache.forget, me.id))

    async def end_all(self, user_id: UUID, *, reason: str, but: UUID | None = None) -> None:
        """End every session of somebody, or every other one."""
        others = () if but is None else (SessionRow.id != but,)
        await self._sessions.revoke(SessionRow.user_id == user_id, *others, reason=reason)
        self._uow.after_commit(partial(self._components.session_cache.forget, user_id))


def provide_sessions(uow: NamedDependency[UnitOfWork], components: NamedDependency[Components]) -> Sessions:
    """Dependency provider."""
    return Sessions(uow, components)
