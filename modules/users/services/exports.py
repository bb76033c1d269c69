"""Exports: all that is known of a person, put together in the background, for themselves alone."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Literal, cast
from uuid import UUID

import msgspec

from kernel import audit
from kernel.db import utc_now
from kernel.errors import NotFound
from kernel.http.client import Client
from kernel.reads import Reader
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import ExportRequested
from modules.users.models import ExportRow, FollowRow
from modules.users.repositories import CHUNK, ExportRepository, FollowRepository, UserRepository
from modules.users.schemas import Export
from modules.users.services.archive import archive, pieces
from modules.users.services.profiles import to_user

KEEP = timedelta(days=7)
"""How long an archive can be downloaded."""

GIVEN_UP = timedelta(days=1)
"""After which a wish that could not be fulfilled does not stand in the way of another."""


class ExportService:
    """Asking for an export, and getting it."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._exports = ExportRepository(session=uow.session)

    async def ask(self, me: Principal, client: Client) -> Export:
        """A new export, or the one that is being made."""
        row = await self._exports.insert_unless_pending(me.id)
        if row is None:
            return to_export(await self._exports.get_one(user_id=me.id, state="pending"))
        audit.record(self._uow, "users.export_requested", actor=me, subject_id=me.id, ip=client.ip)
        await self._uow.publish(ExportRequested(export_id=row.id, user_id=me.id))
        return to_export(row)

    async def find(self, me: Principal, export_id: UUID) -> Export:
        """One of the caller's own; raises `NotFound`."""
        row = await self._exports.get_one_or_none(id=export_id, user_id=me.id)
        if row is None or (row.ready_at is not None and row.ready_at + KEEP <= utc_now()):
            raise NotFound
        return to_export(row)

    async def make(self, export_id: UUID) -> None:
        """Put it together, unless that is done, or nobody wants it any more; it replaces the one before."""
        row = await self._exports.get_one_or_none(id=export_id, state="pending", with_for_update=True)
        if row is None:
            return
        personal_data = {
            name: await tell(self._uow, row.user_id) for name, tell in self._uow.personal_data.exports.items()
        }
        body = await asyncio.to_thread(archive, personal_data)
        await self._exports.store(export_id, pieces(body))
        row.state, row.size, row.ready_at = "ready", len(body), utc_now()
        await self._exports.forget_others(row)

    async def forget_old(self) -> None:
        """Delete what was there long enough; safe to run twice."""
        now = utc_now()
        await self._exports.forget_old(ready_before=now - KEEP, asked_before=now - GIVEN_UP)


async def content(reader: Reader, export_id: UUID) -> AsyncGenerator[bytes]:
    """The bytes of an archive, a piece at a time."""
    number = 0
    while chunk := await reader.one(CHUNK, export_id=export_id, number=number):
        yield chunk.data
        number += 1


def to_export(row: ExportRow) -> Export:
    """The single place where a row becomes an export as its owner sees it."""
    ready = row.ready_at is not None
    return Export(
        id=row.id,
        state=cast("Literal['pending', 'ready']", row.state),
        size=row.size,
        download_url=f"/api/v1/users/me/exports/{row.id}/archive" if ready else None,
        created_at=row.created_at,
        expires_at=row.ready_at + KEEP if row.ready_at is not None else None,
    )


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """This module's part: the person, whom they follow and who follows them."""
    row = await UserRepository(session=uow.session).get_one_or_none(id=user_id)
    follows = FollowRepository(session=uow.session)
    following = await follows.get_many(FollowRow.follower_id == user_id)
    followers = await follows.get_many(FollowRow.followee_id == user_id)
    return {
        "profile.json": None if row is None else msgspec.to_builtins(to_user(row)),
        "following.json": [{"user_id": each.followee_id, "since": each.created_at} for each in following],
        "followers.json": [{"user_id": each.follower_id, "since": each.created_at} for each in followers],
    }
