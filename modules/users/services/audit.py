"""The audit log as administrators read it."""

from uuid import UUID

from kernel.audit import AuditEntry, AuditFilters, find_entries
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from modules.users.contracts import Directory, Person
from modules.users.schemas import AuditedAct


class AuditLog:
    """What the kernel has kept, with the names of those whom it is about."""

    def __init__(self, reader: Reader, directory: Directory) -> None:
        self._reader = reader
        self._directory = directory

    async def page(self, filters: AuditFilters, *, cursor: str | None, limit: int) -> Page[AuditedAct]:
        """The newest entries that match; raises `InvalidCursor`."""
        before: UUID | None = None if cursor is None else decode_cursor(cursor, "audit log", UUID)[0]
        found = await find_entries(self._reader, filters, before=before, limit=limit + 1)
        shown = found[:limit]
        people = await self._directory.find_many(
            {user_id for entry in shown for user_id in (entry.actor_id, entry.subject_id) if user_id is not None}
        )
        known = {user_id: Person.of(user) for user_id, user in people.items()}
        return Page(
            items=tuple(to_act(entry, known) for entry in shown),
            next_cursor=encode_cursor("audit log", shown[-1].id) if len(found) > limit else None,
        )


def to_act(entry: AuditEntry, known: dict[UUID, Person | None]) -> AuditedAct:
    """The single place where an entry becomes something that is read."""
    return AuditedAct(
        id=entry.id,
        act=entry.act,
        actor_id=entry.actor_id,
        actor=known.get(entry.actor_id) if entry.actor_id else None,
        subject_id=entry.subject_id,
        subject=known.get(entry.subject_id) if entry.subject_id else None,
        ip=entry.ip,
        facts=entry.facts,
        created_at=entry.created_at,
    )
