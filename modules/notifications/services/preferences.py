"""What people want to be told, and how."""

from typing import cast, get_args
from uuid import UUID

import msgspec

from kernel.db import utc_now
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.notifications.models import PreferencesRow
from modules.notifications.repositories import (
    InboxRepository,
    PreferencesRepository,
    wants,
)
from modules.notifications.schemas import ChangePreferences, Channels, Digest, Preferences, Type
from modules.notifications.services.digests import next_due
from modules.notifications.tokens import MailKind
from modules.users import Directory

TYPES: tuple[Type, ...] = get_args(Type)


def to_preferences(row: PreferencesRow | None) -> Versioned[Preferences]:
    """What was chosen, completed with what is the case otherwise."""
    types = {kind: Channels(in_app=wants(row, kind, "in_app"), email=wants(row, kind, "email")) for kind in TYPES}
    if row is None:
        return Versioned(Preferences(types=types, digest="off", digest_hour=8, timezone="UTC"), 0)
    digest = cast("Digest", row.digest)
    value = Preferences(types=types, digest=digest, digest_hour=row.digest_hour, timezone=row.timezone)
    return Versioned(value, row.version)


class PreferencesService:
    """One person's preferences, inside one transaction."""

    def __init__(self, uow: UnitOfWork, directory: Directory) -> None:
        self._directory = directory
        self._preferences = PreferencesRepository(session=uow.session)
        self._inboxes = InboxRepository(session=uow.session)

    async def show(self, user_id: UUID) -> Versioned[Preferences]:
        """All of them."""
        return to_preferences((await self._preferences.of([user_id])).get(user_id))

    async def change(self, user_id: UUID, changes: ChangePreferences, if_match: IfMatch) -> Versioned[Preferences]:
        """Change what is named, keep the rest; raises `PreconditionFailed`."""
        row = await self._preferences.to_edit(user_id)
        if_match.check(row.version)
        if changes.types is not msgspec.UNSET:
            for kind, channels in changes.types.items():
                chosen = {**row.choices.get(kind, {}), **msgspec.to_builtins(channels)}
                row.choices = {**row.choices, kind: chosen}
        for name in ("digest_hour", "timezone"):
            if (value := getattr(changes, name)) is not msgspec.UNSET:
                setattr(row, name, value)
        if any(value is not msgspec.UNSET for value in (changes.digest, changes.digest_hour, changes.timezone)):
            await self._schedule(row, row.digest if changes.digest is msgspec.UNSET else changes.digest)
        row.version += 1
        return to_preferences(row)

    async def unsubscribe(self, user_id: UUID, kind: MailKind) -> None:
        """No more mails of this kind; doing it twice is doing it once. Of who is gone, nothing is kept."""
        if not await self._directory.find_callers({user_id}):
            return
        row = await self._preferences.to_edit(user_id)
        if kind == "digest":
            await self._schedule(row, "off")
        else:
            row.choices = {**row.choices, kind: {**row.choices.get(kind, {}), "email": False}}
        row.version += 1

    async def _schedule(self, row: PreferencesRow, digest: str) -> None:
        """When the next digest is due. The first one begins with what arrives from now on."""
        if row.digest == "off" != digest:
            row.digested = await self._inboxes.version_of(row.id)
        row.digest = digest
        row.digest_due = None
        if digest != "off":
            row.digest_due = next_due(utc_now(), weekly=digest == "weekly", hour=row.digest_hour, timezone=row.timezone)
