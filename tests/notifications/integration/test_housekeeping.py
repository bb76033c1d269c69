"""What is old goes, what drifted is put right, and who leaves is forgotten."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from kernel.db import first_id_of, new_id, utc_now
from kernel.runtime import Runtime
from modules.notifications.models import InboxRow, NotificationRow, PreferencesRow, StreamTicketRow
from modules.notifications.repositories import HousekeepingRepository
from modules.notifications.repositories.housekeeping import COUNTED_AT_ONCE
from modules.notifications.services import erase, export
from modules.notifications.tasks import forget_tickets, forget_what_is_old, repair_counts
from tests.callers import Caller
from tests.notifications.delivering import Counts, counts, deliver, followed_by, welcomed
from tests.notifications.happening import count, row_of
from tests.running import context_of


async def test_a_number_that_has_drifted_is_put_right(runtime: Runtime, ann: Caller, bob: Caller) -> None:
    for _ in range(3):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    await deliver(runtime, followed_by(ann.user), bob.user.id)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(InboxRow).where(InboxRow.id == ann.user.id).values(unread=77))
        before = await uow.session.scalar(select(InboxRow.version).where(InboxRow.id == bob.user.id))
    await repair_counts(context_of(runtime))
    assert await counts(runtime, ann.user.id) == Counts(3, 3, 3)
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.scalar(select(InboxRow.version).where(InboxRow.id == bob.user.id)) == before


async def test_what_is_old_goes_and_does_not_wait_any_more(runtime: Runtime, ann: Caller, bob: Caller) -> None:
    await deliver(runtime, welcomed(ann.user), ann.user.id)
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    long_ago = UUID(int=first_id_of(utc_now() - timedelta(days=31)).int + 1)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(NotificationRow).where(NotificationRow.type == "welcome").values(id=long_ago))
    await forget_what_is_old(32)(context_of(runtime))
    assert await counts(runtime, ann.user.id) == Counts(2, 2, 2)
    await forget_what_is_old(30)(context_of(runtime))
    assert await counts(runtime, ann.user.id) == Counts(1, 1, 1)


async def test_tickets_go_when_nobody_can_use_them_any_more(runtime: Runtime) -> None:
    ages = {31: "old", 29: "good"}
    async with runtime.database.unit_of_work() as uow:
        for age, name in ages.items():
            made = utc_now() - timedelta(seconds=age)
            uow.session.add(StreamTicketRow(id=first_id_of(made), digest=name, token=b"", expires_at=utc_now()))
    await forget_tickets(context_of(runtime))
    async with runtime.database.unit_of_work() as uow:
        assert (await uow.session.scalars(select(StreamTicketRow.digest))).all() == ["good"]


async def test_who_is_erased_leaves_nothing_here(runtime: Runtime, ann: Caller, bob: Caller) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    await deliver(runtime, followed_by(ann.user), bob.user.id)
    await row_of(runtime, ann.user.id)
    for _ in range(2):
        async with runtime.database.unit_of_work() as uow:
            await erase(uow, ann.user.id)
    assert await counts(runtime, ann.user.id) == Counts(0, 0, 0)
    assert await count(runtime, of=PreferencesRow) == 0
    assert await counts(runtime, bob.user.id) == Counts(1, 1, 1)


async def test_an_export_holds_what_there_is(runtime: Runtime, ann: Caller, bob: Caller) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    async with runtime.database.unit_of_work() as uow:
        files: dict[str, Any] = dict(await export(uow, ann.user.id))  # Any: JSON
        assert await export(uow, new_id()) == {**files, "notifications.json": []}
    assert set(files) == {"notifications.json", "preferences.json"}
    [item] = files["notifications.json"]
    assert (item["type"], item["target_id"]) == ("new_follower", bob.user.id)


async def test_repairing_goes_on_where_it_was(runtime: Runtime, ann: Caller) -> None:
    people = sorted(new_id() for _ in range(COUNTED_AT_ONCE + 20))
    await deliver(runtime, followed_by(ann.user), *people)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(text("UPDATE notifications.inboxes SET unread = 5"))
        last = await HousekeepingRepository(session=uow.session).repair_counts(None)
        assert last == people[COUNTED_AT_ONCE - 1]
        assert await HousekeepingRepository(session=uow.session).repair_counts(last) is None
    assert await count(runtime, InboxRow.unread != 1, of=InboxRow) == 0
