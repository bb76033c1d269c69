"""Notifying people: in the inbox, by mail, or both, as they want it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from kernel.mail import post_many
from kernel.unit_of_work import UnitOfWork
from modules.notifications.repositories import (
    ArrivalRepository,
    Fact,
    PreferencesRepository,
    is_gathered,
    wants,
)
from modules.users import Users


class Notifier:
    """Notifies of one event at a time; whoever has been notified of it is not notified again."""

    def __init__(self, uow: UnitOfWork, users: Users) -> None:
        self._uow = uow
        self._users = users
        self._arrivals = ArrivalRepository(session=uow.session)
        self._preferences = PreferencesRepository(session=uow.session)

    async def notify_one(self, fact: Fact, recipient: UUID) -> None:
        """Notify somebody, unless they have left: what an event is about may be kept without them."""
        if recipient in await self._users.find_many({recipient}):
            await self.notify(fact, [recipient])

    async def notify(self, fact: Fact, recipients: Sequence[UUID]) -> None:
        """Notify people who are there. Nobody is notified of their own act."""
        others = [recipient for recipient in recipients if recipient != fact.actor_id]
        chosen = await self._preferences.of(others)
        shown = {each for each in others if wants(chosen.get(each), fact.type, "in_app")}
        news = await self._show(fact, shown)
        by_mail = {
            each
            for each in others
            if (each in news or each not in shown)
            and wants(chosen.get(each), fact.type, "email")
            and (each not in chosen or chosen[each].digest == "off")
        }
        await self._mail(fact, by_mail)

    async def _show(self, fact: Fact, recipients: set[UUID]) -> set[UUID]:
        """For whom it is the first of its kind: of its repetitions, while they wait, no further mail is sent."""
        if not recipients:
            return set()
        if is_gathered(fact):
            told = {each: await self._arrivals.gather(fact, each) for each in sorted(recipients)}
            self._uow.tells(each for each, people in told.items() if people)
            return {each for each, people in told.items() if people == 1}
        fresh = set(await self._arrivals.deliver(fact, sorted(recipients)))
        self._uow.tells(fresh)
        return fresh

    async def _mail(self, fact: Fact, recipients: set[UUID]) -> None:
        if not recipients or fact.type == "security_alert":
            return
        people = await self._users.find_many(recipients)
        addresses = {each.id: each.email for each in people.values() if each.is_active}
        await post_many(self._uow, f"notifications.{fact.type}", addresses, facts=to_facts(fact))


def to_facts(fact: Fact) -> dict[str, str]:
    """What a letter is written from: ids alone."""
    known = msgspec.structs.asdict(fact)
    return {name: str(value) for name, value in known.items() if value is not None and name not in {"event_id", "type"}}
