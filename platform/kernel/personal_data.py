"""What the kernel itself keeps of people: their mails, their place in the audit log, answers and events of late."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Text, cast, delete, or_, select, update

from kernel.audit import AuditRow
from kernel.idempotency import IdempotencyRow
from kernel.mail.ledger import MailRow
from kernel.outbox import OutboxRow
from kernel.unit_of_work import UnitOfWork

MAIL = (MailRow.id, MailRow.kind, MailRow.recipient, MailRow.state, MailRow.created_at, MailRow.sent_at)
ACT = (AuditRow.id, AuditRow.act, AuditRow.actor_id, AuditRow.subject_id, AuditRow.created_at)


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """The mails that were sent to somebody; what they did and what was done to them."""
    mails = await uow.session.execute(select(*MAIL).where(MailRow.user_id == user_id).order_by(MailRow.id))
    theirs = or_(AuditRow.actor_id == user_id, AuditRow.subject_id == user_id)
    acts = await uow.session.execute(select(*ACT).where(theirs).order_by(AuditRow.id))
    return {
        "mails.json": [dict(row._mapping) for row in mails],
        "audit_log.json": [dict(row._mapping) for row in acts],
    }


async def erase(uow: UnitOfWork, user_id: UUID) -> None:
    """Keep their id in the audit log, and nothing else.

    What is still to be done because of them is done; it finds nobody.
    """
    session, fast = uow.session, {"synchronize_session": False}
    mails = await session.scalars(delete(MailRow).where(MailRow.user_id == user_id).returning(MailRow.id))
    sent = [str(mail_id) for mail_id in mails]
    over = or_(OutboxRow.done_at.is_not(None), OutboxRow.dead_at.is_not(None))
    for about in (
        OutboxRow.payload["mail_id"].astext.in_(sent),  # what a server answered may name the address
        over & cast(OutboxRow.payload, Text).contains(str(user_id)),
    ):
        await session.execute(delete(OutboxRow).where(about).execution_options(**fast))
    await session.execute(
        delete(IdempotencyRow).where(IdempotencyRow.body.contains(str(user_id).encode())).execution_options(**fast)
    )
    for column, nothing in ((AuditRow.actor_id, {"ip": ""}), (AuditRow.subject_id, {"facts": {}})):
        await session.execute(update(AuditRow).where(column == user_id).values(nothing).execution_options(**fast))
