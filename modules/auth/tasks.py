"""Background work of the auth module."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from kernel.jobs import Context
from kernel.vault import Vault
from modules.auth.repositories import (
    DeviceRepository,
    MailTokenRepository,
    PersonalTokenRepository,
    SecurityEventRepository,
    SessionRepository,
    SigningKeyRepository,
    TotpRepository,
)

KEEP = timedelta(days=30)
"""How long what has ended can still be looked at."""


KEEP_LOG = timedelta(days=180)
"""How long the security log goes back, and a device is known."""

AT_ONCE = 500
"""Secrets that are encrypted again in one transaction."""


async def forget_what_has_ended(ctx: Context) -> None:
    """Delete what is good for nothing any more: ended sessions, links, the old end of the log; safe to run twice."""
    async with ctx["database"].unit_of_work() as uow:
        await SessionRepository(session=uow.session).forget_ended(KEEP)
        await MailTokenRepository(session=uow.session).forget_ended(KEEP)
        await SecurityEventRepository(session=uow.session).forget_old(KEEP_LOG)
        await PersonalTokenRepository(session=uow.session).forget_expired(KEEP)
        await TotpRepository(session=uow.session).forget_unconfirmed(KEEP)
        await DeviceRepository(session=uow.session).forget_unseen(KEEP_LOG)


def encrypt_again(vault: Vault) -> Callable[[Context], Awaitable[None]]:
    """While ``QUIRE_SECRET_KEY`` rotates, give its newest part to what is stored: a day later, the old one can go."""

    async def encrypt_again(ctx: Context) -> None:
        if not vault.is_rotating:
            return
        async with ctx["database"].unit_of_work() as uow:
            for key in await SigningKeyRepository(session=uow.session).get_many():
                key.private_key = vault.renewed(key.private_key) or key.private_key
        last: UUID | None = None
        while True:
            async with ctx["database"].unit_of_work() as uow:
                rows = await TotpRepository(session=uow.session).to_change(after=last, limit=AT_ONCE)
                for row in rows:
                    row.secret = vault.renewed(row.secret) or row.secret
                if len(rows) < AT_ONCE:
                    return
                last = rows[-1].id

    return encrypt_again
