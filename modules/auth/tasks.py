"""Background work of the auth module."""

from datetime import timedelta

from kernel.jobs import Context
from modules.auth.repositories import MailTokenRepository, SessionRepository

KEEP = timedelta(days=30)
"""How long what has ended can still be looked at."""


async def forget_what_has_ended(ctx: Context) -> None:
    """Delete sessions and links of mails that are good for nothing any more; safe to run twice."""
    async with ctx["database"].unit_of_work() as uow:
        await SessionRepository(session=uow.session).forget_ended(KEEP)
        await MailTokenRepository(session=uow.session).forget_ended(KEEP)
