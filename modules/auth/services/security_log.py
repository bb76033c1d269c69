"""The security log: what happened to an account, kept for a while, for its owner to read."""

from functools import cached_property
from hashlib import sha256
from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.http.client import Client
from kernel.mail import post
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import SecurityNoticed
from modules.auth.models import SecurityEventRow
from modules.auth.repositories import DeviceRepository, SecurityEventRepository
from modules.auth.schemas import SecurityEvent, SecurityEventKind
from modules.users import User


def to_security_event(row: SecurityEventRow) -> SecurityEvent:
    """The single place where a row becomes something that its owner sees."""
    return msgspec.convert(row, SecurityEvent, from_attributes=True)


class SecurityLog:
    """Notes what happens, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    @cached_property
    def _events(self) -> SecurityEventRepository:
        return SecurityEventRepository(session=self._uow.session)

    @cached_property
    def _devices(self) -> DeviceRepository:
        return DeviceRepository(session=self._uow.session)

    def note(self, user_id: UUID, kind: SecurityEventKind, client: Client, *, session_id: UUID | None = None) -> None:
        """It happened."""
        self._uow.session.add(
            SecurityEventRow(
                user_id=user_id, kind=kind, session_id=session_id, ip=client.ip, user_agent=client.user_agent
            )
        )

    async def note_sign_in(self, user: User, client: Client, session_id: UUID) -> None:
        """Somebody is in; from a browser and network that are new to them, they get to know."""
        self.note(user.id, "signed_in", client, session_id=session_id)
        if not await self._devices.meet(user.id, fingerprint(client)):
            return
        self.note(user.id, "new_device", client, session_id=session_id)
        await post(self._uow, "auth.new_device", user_id=user.id, recipient=user.email)
        await self._uow.publish(SecurityNoticed(user_id=user.id, kind="new_device", session_id=session_id))

    async def page(self, user_id: UUID, *, cursor: str | None, limit: int) -> Page[SecurityEvent]:
        """Newest first; raises `InvalidCursor`."""
        after = None if cursor is None else decode_cursor(cursor, "security log", UUID)[0]
        rows = await self._events.page(user_id, after=after, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=tuple(map(to_security_event, shown)),
            next_cursor=encode_cursor("security log", shown[-1].id) if len(rows) > limit else None,
        )


def fingerprint(client: Client) -> str:
    """What tells devices apart."""
    return sha256(f"{client.network} {client.user_agent}".encode()).hexdigest()


def provide_security_log(uow: NamedDependency[UnitOfWork]) -> SecurityLog:
    """Dependency provider."""
    return SecurityLog(uow)
