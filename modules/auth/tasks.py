"""Background work of the auth module."""

from datetime import timedelta

from kernel.jobs import Context
from modules.auth.repositories import (
    DeviceRepository,
    MailTokenRepository,
    PersonalTokenRepository,
    SecurityEventRepository,
    SessionRepository,
    TotpRepository,
)

KEEP = timedelta(days=30)
"""How long what has ended can still be looked at."""


KEEP_LOG = timedelta(days=180)
"""How long the security log goes back, and a device is known."""


async def forget_what_has_ended(ctx: Context) -> None:
    """Delete what is good for nothing any more: ended sessions, links, the old end of the log; safe to run twice."""
    async with ctx["database"].unit_of_work() as uow:
        await SessionRepository(session=uow.session).forget_ended(KEEP)
        await MailTokenRepository(session=uow.session).forget_ended(KEEP)
        await SecurityEventRepository(session=uow.session).forget_old(KEEP_LOG)
        await PersonalTokenRepository(session=uow.session).forget_expired(KEEP)
        await TotpRepository(session=uow.session).forget_unconfirmed(KEEP)
        await DeviceRepository(session=uow.session).forget_unseen(KEEP_LOG)
