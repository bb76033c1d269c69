"""The kernel's ledger of mails, for administrators."""

from uuid import UUID

import msgspec

from kernel.audit import record
from kernel.http.client import Client
from kernel.mail import MailEntry, MailFilters, find_mails, send_again
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.notifications.schemas import Delivery


def to_delivery(entry: MailEntry) -> Delivery:
    """The single place where an entry of the ledger becomes something that an administrator sees."""
    return msgspec.convert(entry, Delivery, from_attributes=True)


class DeliveryService:
    """Mails of all modules, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def page(self, filters: MailFilters, *, cursor: str | None, limit: int) -> Page[Delivery]:
        """The newest mails that match; raises `InvalidCursor`."""
        before: UUID | None = None if cursor is None else decode_cursor(cursor, "deliveries", UUID)[0]
        found = await find_mails(self._uow, filters, before=before, limit=limit + 1)
        shown = found[:limit]
        return Page(
            items=tuple(map(to_delivery, shown)),
            next_cursor=encode_cursor("deliveries", shown[-1].id) if len(found) > limit else None,
        )

    async def retry(self, me: Principal, mail_id: UUID, client: Client) -> Delivery:
        """Send a failed mail again; raises `NotFound` or `NotFailed`."""
        entry, was_failed = await send_again(self._uow, mail_id)
        if was_failed:
            facts = {"mail_id": str(entry.id), "kind": entry.kind}
            record(
                self._uow, "notifications.mail_retried", actor=me, subject_id=entry.user_id, ip=client.ip, facts=facts
            )
        return to_delivery(entry)
