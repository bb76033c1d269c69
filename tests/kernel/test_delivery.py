import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from kernel import attempts
from kernel.db import utc_now
from kernel.delivery import Delivery
from kernel.outbox import OutboxRow, forget_done, lease
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.kernel.support import (
    HASTY,
    Happened,
    Open,
    address_of,
    break_the_commit,
    is_waiting,
    note,
    notes,
    only_row,
    outbox,
    pass_time,
    publish,
    record,
    record_too,
    without_redis,
)
from tests.running import eventually


async def refuse(event: Happened, uow: UnitOfWork) -> None:
    await note(uow, "never to be seen")
    raise ValueError(event.note)


async def refuse_bad_ones(event: Happened, uow: UnitOfWork) -> None:
    await (refuse if event.note.startswith("bad") else record)(event, uow)


async def record_in_vain(event: Happened, uow: UnitOfWork) -> None:
    await record(event, uow)
    await break_the_commit(uow)


async def lose_the_connection(event: Happened, uow: UnitOfWork) -> None:
    await record(event, uow)
    await uow.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))


async def die(event: Happened, uow: UnitOfWork) -> None:
    await record(event, uow)
    raise asyncio.CancelledError  # what a worker that is killed leaves behind: no answer at all


async def leased(runtime: Runtime, seconds: float) -> list[UUID]:
    async with runtime.database.unit_of_work() as uow:
        return [row_id for ids in (await lease(uow.session, seconds=seconds)).values() for row_id in ids]


async def deliver(delivery: Delivery, row: OutboxRow) -> None:
    await delivery.deliver(row.subscriber, [str(row.id)])


async def attempt_for_ever(runtime: Runtime, delivery: Delivery) -> int:
    """How often the only row was handed out before it was dead."""
    handed = 0
    while (await only_row(runtime.database)).dead_at is None:
        await pass_time(runtime.database)
        try:
            handed += await delivery.relay()
        except asyncio.CancelledError:
            handed += 1
        assert handed < 20
    return handed


async def test_an_event_reaches_each_of_its_subscribers_once(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, record), Subscriber(Happened, record_too))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "a", "b")
    assert await delivery.relay() == 4
    await pass_time(runtime.database)
    assert await delivery.relay() == 0
    assert await notes(runtime.database) == ["a", "a too", "b", "b too"]


async def test_an_event_of_a_transaction_that_began_early_and_ended_late_is_not_missed(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    delivery = without_redis(runtime, settings)
    async with runtime.database.unit_of_work() as slow:
        await slow.publish(Happened(note="early"))
        await publish(runtime.database, "late")
        assert await delivery.relay() == 1
    assert await delivery.relay() == 1
    assert await notes(runtime.database) == ["early", "late"]


async def test_the_effect_and_the_mark_that_it_is_done_are_one_transaction(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, record_in_vain))
    await publish(runtime.database, "a")
    await without_redis(runtime, settings).relay()
    row = await only_row(runtime.database)
    assert (await notes(runtime.database), row.done_at, row.attempts) == ([], None, 1)


async def test_parallel_deliverers_run_a_subscriber_once(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    await publish(runtime.database, *"abcdefgh")
    ids = [str(row.id) for row in await outbox(runtime.database)]
    delivery = without_redis(runtime, settings)
    await asyncio.gather(*(delivery.deliver(address_of(record), ids) for _ in range(2 * HASTY.max_attempts)))
    assert await notes(runtime.database) == list("abcdefgh")


async def test_a_job_that_comes_twice_is_one_attempt_and_does_not_shorten_the_pause(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, refuse))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "no")
    row = await only_row(runtime.database)
    await asyncio.gather(*(deliver(delivery, row) for _ in range(HASTY.max_attempts + 1)))
    await deliver(delivery, row)
    row = await only_row(runtime.database)
    assert (row.attempts, row.dead_at) == (1, None)


async def test_a_second_deliverer_does_not_wait_for_the_first(open_kernel: Open, settings: KernelSettings) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()

    async def dawdle(event: Happened, uow: UnitOfWork) -> None:
        began.set()
        await go_on.wait()
        await record(event, uow)

    runtime = open_kernel(Subscriber(Happened, dawdle))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "a")
    row = await only_row(runtime.database)
    first = asyncio.create_task(deliver(delivery, row))
    await began.wait()
    await asyncio.wait_for(deliver(delivery, row), timeout=1)
    go_on.set()
    await first
    assert await notes(runtime.database) == ["a"]


async def test_an_attempt_that_was_counted_waits_for_whoever_only_looks_at_its_row(open_kernel: Open) -> None:
    """A job that comes twice locks the row for a moment, even if it finds that there is nothing to do."""
    runtime = open_kernel(Subscriber(Happened, record))
    await publish(runtime.database, "a")
    row = await only_row(runtime.database)
    async with runtime.database.unit_of_work() as uow:
        assert await attempts.begin(uow, row.id, seconds=60)

    async def hold() -> str | None:
        async with runtime.database.unit_of_work() as uow:
            return await attempts.hold(uow, row.id)

    async with runtime.database.unit_of_work() as looking:
        await looking.session.execute(select(OutboxRow.id).with_for_update())
        holding = asyncio.create_task(hold())
        await eventually(lambda: is_waiting(runtime.database), 3)
    assert await holding is not None


async def test_a_failing_subscriber_is_tried_again_later_and_leaves_nothing_behind(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, refuse))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "no")
    for at_least, at_most in ((1.5, 2.5), (3, 5)):
        await pass_time(runtime.database)
        before = utc_now()
        await delivery.relay()
        row = await only_row(runtime.database)
        assert (row.run_after - before).total_seconds() >= at_least
        assert (row.run_after - utc_now()).total_seconds() <= at_most
        assert await delivery.relay() == 0
    assert (row.attempts, row.done_at, row.dead_at, row.last_error) == (2, None, None, "ValueError: no")
    assert await notes(runtime.database) == []


async def test_a_row_that_always_fails_ends_dead_with_its_last_error(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, refuse))
    await publish(runtime.database, "no")
    assert await attempt_for_ever(runtime, without_redis(runtime, settings)) == HASTY.max_attempts
    row = await only_row(runtime.database)
    assert (row.attempts, row.done_at, row.last_error) == (HASTY.max_attempts, None, "ValueError: no")


async def test_a_failing_row_does_not_hold_up_others(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, refuse_bad_ones))
    await publish(runtime.database, "bad 1", "a", "bad 2", "b")
    assert await without_redis(runtime, settings).relay() == 4
    assert await notes(runtime.database) == ["a", "b"]


@pytest.mark.parametrize("words", ["\x00", "\udce4", "x" * 10_000, "a\r\nb\u2028c\x1b[31m"])
async def test_whatever_an_error_says_it_can_be_noted(open_kernel: Open, settings: KernelSettings, words: str) -> None:
    async def complain(event: Happened, uow: UnitOfWork) -> None:
        raise ValueError(words)

    runtime = open_kernel(Subscriber(Happened, complain))
    await publish(runtime.database, "a")
    await without_redis(runtime, settings).relay()
    noted = (await only_row(runtime.database)).last_error
    assert noted is not None
    assert noted.startswith("ValueError:")
    assert noted.isprintable()


async def test_an_attempt_whose_connection_is_cut_counts_and_is_made_again(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, lose_the_connection))
    await publish(runtime.database, "a")
    await without_redis(runtime, settings).relay()
    row = await only_row(runtime.database)
    assert (row.attempts, row.done_at, row.dead_at) == (1, None, None)
    assert await notes(runtime.database) == []


async def test_an_attempt_that_kills_its_worker_counts_and_is_made_again_when_its_lease_is_over(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, die))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "a")
    with pytest.raises(asyncio.CancelledError):
        await delivery.relay()
    row = await only_row(runtime.database)
    assert (row.attempts, row.done_at) == (1, None)
    assert await leased(runtime, HASTY.lease) == []

    async def handed_out_again() -> list[UUID]:
        return await leased(runtime, HASTY.lease)

    await eventually(handed_out_again)


async def test_a_row_that_kills_every_worker_ends_dead(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, die))
    await publish(runtime.database, "a")
    await attempt_for_ever(runtime, without_redis(runtime, settings))
    row = await only_row(runtime.database)
    assert (row.done_at, row.last_error) == (None, f"WorkerLost: {HASTY.max_attempts} times")
    assert await notes(runtime.database) == []


async def test_a_row_of_an_unknown_subscriber_waits_for_somebody_who_knows_it(
    open_kernel: Open, settings: KernelSettings
) -> None:
    new, old = open_kernel(Subscriber(Happened, record)), open_kernel()
    await publish(new.database, "a")
    await without_redis(old, settings).relay()
    row = await only_row(old.database)
    assert (row.attempts, row.done_at) == (1, None)
    assert address_of(record) in (row.last_error or "")
    await pass_time(new.database)
    await without_redis(new, settings).relay()
    assert await notes(new.database) == ["a"]


async def test_a_leased_row_is_handed_out_again_after_its_time_and_not_before(open_kernel: Open) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    await publish(runtime.database, "a")
    row = await only_row(runtime.database)
    assert await leased(runtime, seconds=0.2) == [row.id]
    assert await leased(runtime, seconds=0.2) == []

    async def free() -> list[UUID]:
        return await leased(runtime, seconds=60)

    await eventually(free)
    assert await leased(runtime, seconds=0) == []


async def test_a_row_whose_subscriber_runs_is_not_handed_out_however_long_it_takes(
    open_kernel: Open, settings: KernelSettings
) -> None:
    handed_out_meanwhile: list[UUID] = []

    async def its_lease_is_over() -> bool:
        return (await only_row(runtime.database)).run_after < utc_now()

    async def dawdle(event: Happened, uow: UnitOfWork) -> None:
        await eventually(its_lease_is_over)
        handed_out_meanwhile.extend(await leased(runtime, seconds=0))

    runtime = open_kernel(Subscriber(Happened, dawdle))
    await publish(runtime.database, "a")
    await deliver(without_redis(runtime, settings), await only_row(runtime.database))
    assert handed_out_meanwhile == []
    row = await only_row(runtime.database)
    assert (row.done_at is not None, row.attempts) == (True, 1)


async def test_only_what_was_done_long_ago_is_forgotten(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, refuse_bad_ones))
    delivery = without_redis(runtime, settings)
    await publish(runtime.database, "old", "bad old")
    await delivery.relay()
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(OutboxRow).values(done_at=OutboxRow.done_at - timedelta(hours=1)))
    await publish(runtime.database, "new", "bad new")
    await delivery.relay()
    async with runtime.database.unit_of_work() as uow:
        await forget_done(uow.session, older_than=timedelta(minutes=1))
    assert [row.payload["note"] for row in await outbox(runtime.database)] == ["bad old", "new", "bad new"]
