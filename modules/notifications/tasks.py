"""Background work of the notifications module; each piece is safe to run twice, and to stop half-way."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from kernel.db import utc_now
from kernel.jobs import Context
from kernel.mail import post
from modules.notifications.repositories import (
    HousekeepingRepository,
    PreferencesRepository,
    StreamTicketRepository,
    WatchRepository,
)
from modules.notifications.services import TICKET_LIFETIME, next_due
from modules.users import provide_users

AT_ONCE = 100
"""Digests that are posted in one transaction."""


async def send_digests(ctx: Context) -> None:
    """Post every digest that is due, in the transaction that says when the next one is."""
    while True:
        async with ctx["database"].unit_of_work() as uow:
            due = await PreferencesRepository(session=uow.session).due(utc_now(), AT_ONCE)
            ids = {row.id for row in due}
            people = await provide_users(uow).find_many(ids)
            versions = await WatchRepository(session=uow.session).versions_of(ids)
            for row in due:
                user, arrived = people.get(row.id), versions.get(row.id, 0)
                if user is not None and user.is_active and arrived > row.digested:
                    facts = {"after": str(row.digested), "up_to": str(arrived)}
                    await post(uow, "notifications.digest", user_id=user.id, recipient=user.email, facts=facts)
                row.digested = arrived
                row.digest_due = next_due(
                    utc_now(), weekly=row.digest == "weekly", hour=row.digest_hour, timezone=row.timezone
                )
        if len(due) < AT_ONCE:
            return


async def repair_counts(ctx: Context) -> None:
    """Count again what waits; a number that had drifted away from its rows is right afterwards."""
    after = None
    while True:
        async with ctx["database"].unit_of_work() as uow:
            after = await HousekeepingRepository(session=uow.session).repair_counts(after)
        if after is None:
            return


async def forget_tickets(ctx: Context) -> None:
    """Delete tickets that nobody can use any more."""
    async with ctx["database"].unit_of_work() as uow:
        await StreamTicketRepository(session=uow.session).forget(before=utc_now() - TICKET_LIFETIME)


def forget_what_is_old(days: int) -> Callable[[Context], Awaitable[None]]:
    """Delete notifications of more than so many days ago."""

    async def forget_what_is_old(ctx: Context) -> None:
        there_may_be_more = True
        while there_may_be_more:
            async with ctx["database"].unit_of_work() as uow:
                old = utc_now() - timedelta(days=days)
                there_may_be_more = await HousekeepingRepository(session=uow.session).forget(before=old)

    return forget_what_is_old
