"""Leaving: at once for the world, for good when the time of grace is over."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from kernel import audit
from kernel.db import utc_now
from kernel.errors import NotFound
from kernel.http.client import Client
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch
from modules.users.cache_entities import person, popularity, username_of
from modules.users.contracts import FollowsToRecount, UserDeletionRequested, UserErased
from modules.users.repositories import ExportRepository, FollowRepository, UserRepository
from modules.users.schemas import Departure
from modules.users.services.administration import keep_one_of
from modules.users.settings import UsersSettings


class DeletionService:
    """Asking to be erased, and being it."""

    def __init__(self, uow: UnitOfWork, settings: UsersSettings) -> None:
        self._uow = uow
        self._users = UserRepository(session=uow.session)
        self._grace = timedelta(days=settings.grace_days)

    async def ask(self, me: Principal, if_match: IfMatch, client: Client) -> Departure:
        """Leave; a sign-in within the time of grace takes it back. Raises `LastSuperuser`."""
        superusers = await self._users.lock_superusers_with(me.id)
        row = await self._users.to_edit(me.id)
        if row is None or row.deletion_requested_at is not None:
            raise NotFound
        if_match.check(row.version)
        keep_one_of(superusers, me.id)
        row.deletion_requested_at = asked_at = utc_now()
        await self._uow.session.flush()
        self._uow.changes(person(me.id), popularity(me.id), username_of(row.username))
        audit.record(self._uow, "users.deletion_requested", actor=me, subject_id=me.id, ip=client.ip)
        await self._uow.publish(UserDeletionRequested(user_id=me.id), FollowsToRecount(user_id=me.id))
        return Departure(deletion_requested_at=asked_at, erased_after=asked_at + self._grace)

    async def due(self) -> list[UUID]:
        """Whose time of grace is over; the first thousand."""
        return list(await self._users.leaving_since(self._deadline()))

    async def carry_out(self, user_id: UUID) -> bool:
        """Erase somebody from all modules, unless they have come back; safe to run twice."""
        await self._uow.session.execute(text("SET LOCAL statement_timeout = '60s'"))  # they may have written a lot
        row = await self._users.to_edit(user_id)
        asked_at = None if row is None else row.deletion_requested_at
        if asked_at is None or asked_at >= self._deadline():
            return False
        for erase in self._uow.personal_data.erasures.values():
            await erase(self._uow, user_id)
        audit.record(self._uow, "users.erased", actor=None, subject_id=user_id)
        await self._uow.publish(UserErased(user_id=user_id))
        return True

    def _deadline(self) -> datetime:
        return utc_now() - self._grace


async def erase(uow: UnitOfWork, user_id: UUID) -> None:
    """This module's part: the person, their follows and their exports."""
    users = UserRepository(session=uow.session)
    row = await users.to_edit(user_id)
    if row is None:
        return
    others = await FollowRepository(session=uow.session).delete_all_of(user_id)
    await ExportRepository(session=uow.session).forget_of(user_id)
    await uow.session.delete(row)
    await uow.session.flush()
    uow.changes(person(user_id), username_of(row.username), *map(popularity, (user_id, *others)))
