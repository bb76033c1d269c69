import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from saq import CronJob

from kernel.delivery import ENOUGH, Delivery
from kernel.jobs import Context, JobWorker, Poller, end
from kernel.module import Module
from kernel.runtime import Runtime
from kernel.settings import KernelSettings, MetricsSettings
from kernel.unit_of_work import Database, Subscriber, UnitOfWork
from kernel.worker import TIMEOUT, build, run, schedule
from tests.kernel.support import HASTY, NOWHERE, Happened, Open, note, notes, outbox, publish, record
from tests.running import eventually


@pytest.fixture
def hasty(settings: KernelSettings) -> KernelSettings:
    return msgspec.structs.replace(settings, jobs=HASTY)


@asynccontextmanager
async def working(worker: JobWorker, delivery: Delivery) -> AsyncGenerator[None]:
    """What `kernel.worker.run` does, for the length of a test."""
    life, relay = asyncio.create_task(worker.start()), asyncio.create_task(delivery.relay_for_ever())
    try:
        yield
    finally:
        await worker.stop()
        await life
        await end(relay)
        await worker.queue.disconnect()
        await delivery.close()


async def all_done(runtime: Runtime) -> bool:
    rows = await outbox(runtime.database)
    return bool(rows) and all(row.done_at for row in rows)


async def test_published_events_reach_their_subscriber_once_through_the_queue(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    names = [f"{number:03}" for number in range(120)]
    await publish(runtime.database, *names)
    worker, delivery = build(settings, [], runtime)
    async with working(worker, delivery):
        await eventually(lambda: all_done(runtime))
    assert worker.queue.complete >= 3
    assert await notes(runtime.database) == names


async def test_what_redis_has_lost_is_delivered_all_the_same(open_kernel: Open, hasty: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    await publish(runtime.database, "a")
    worker, delivery = build(hasty, [], runtime)
    assert await delivery.relay() == 1
    await runtime.redis.client.flushdb()
    async with working(worker, delivery):
        await eventually(lambda: all_done(runtime))
    assert await notes(runtime.database) == ["a"]


async def test_no_more_is_queued_than_keeps_the_workers_busy(open_kernel: Open, settings: KernelSettings) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    worker, delivery = build(settings, [], runtime)
    for _ in range(ENOUGH):
        await publish(runtime.database, "a")
        assert await delivery.relay() == 1
    await publish(runtime.database, "waits")
    assert await delivery.relay() == 0
    await worker.queue.disconnect()
    await delivery.close()


async def test_a_slow_subscriber_is_not_run_again_when_its_lease_is_over(
    open_kernel: Open, hasty: KernelSettings
) -> None:
    async def dawdle(event: Happened, uow: UnitOfWork) -> None:
        began.append(time.monotonic())
        await asyncio.sleep(3 * HASTY.lease)
        await record(event, uow)

    began: list[float] = []
    runtime = open_kernel(Subscriber(Happened, dawdle))
    await publish(runtime.database, "a")
    async with working(*build(hasty, [], runtime)):
        await eventually(lambda: all_done(runtime))
    assert len(began) == 1


async def test_scheduled_work_has_the_database(open_kernel: Open, hasty: KernelSettings) -> None:
    async def tidy(ctx: Context) -> None:
        async with ctx["database"].unit_of_work() as uow:
            await note(uow, "tidied")

    runtime = open_kernel()
    module = Module(name="scratch", schedule=[CronJob(tidy, cron="* * * * * *")])

    async def tidied() -> bool:
        return "tidied" in await notes(runtime.database)

    async with working(*build(hasty, [module], runtime)):
        await eventually(tidied)


async def test_a_worker_of_some_modules_leaves_the_work_of_the_others_to_others(
    open_kernel: Open, hasty: KernelSettings
) -> None:
    async def first(_: Happened, uow: UnitOfWork) -> None:
        await note(uow, "first")

    async def second(_: Happened, uow: UnitOfWork) -> None:
        await note(uow, "second")

    subscribers = [Subscriber(Happened, first), Subscriber(Happened, second)]
    modules = [Module(name="one", subscribers=subscribers[:1]), Module(name="two", subscribers=subscribers[1:])]
    runtime = open_kernel(*subscribers)
    await publish(runtime.database, "a")

    async def noted() -> bool:
        return bool(await notes(runtime.database))

    async with working(*build(hasty, modules, runtime, modules[:1])):
        await eventually(noted)
    assert list(await notes(runtime.database)) == ["first"]
    async with working(*build(hasty, modules, runtime, modules[1:])):
        await eventually(lambda: all_done(runtime))
    assert set(await notes(runtime.database)) == {"first", "second"}


def tidying(timeout: int | None = None) -> CronJob[Context]:
    async def tidy(ctx: Context) -> None: ...

    return CronJob(tidy, cron="0 4 * * *", retries=7, timeout=timeout)


def test_scheduled_functions_of_the_same_name_do_not_collide() -> None:
    jobs = schedule([Module(name="one", schedule=[tidying()]), Module(name="other", schedule=[tidying()])])
    names = [job.function.__qualname__ for job in jobs]
    assert len(set(names)) == len(names)
    assert {job.retries for job in jobs} == {1}


def test_scheduled_work_may_take_longer_than_the_ten_seconds_that_saq_gives_it() -> None:
    module = Module(name="one", schedule=[tidying(), tidying(timeout=60)])
    assert [job.timeout for job in schedule([module])] == [TIMEOUT, TIMEOUT, 60]


@pytest.mark.parametrize("redis", ["there", "away"])
async def test_a_worker_delivers_loops_and_ends_when_asked_with_redis_or_without(
    open_kernel: Open, hasty: KernelSettings, redis: str
) -> None:
    runtime = open_kernel(Subscriber(Happened, record))
    settings = hasty if redis == "there" else msgspec.structs.replace(hasty, redis_url=NOWHERE)
    await publish(runtime.database, "a")
    looks: list[float] = []

    async def poll(_: Database) -> bool:
        looks.append(time.monotonic())
        if len(looks) == 1:
            raise RuntimeError
        return len(looks) == 2

    subscribers = [Subscriber(Happened, record)]
    module = Module(name="scratch", subscribers=subscribers, pollers=[Poller(poll, seconds=0.05)])
    life = asyncio.create_task(run(settings, [module]))
    await eventually(lambda: all_done(runtime))
    await eventually(lambda: len(looks) >= 4)
    assert looks[1] - looks[0] >= 0.05
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(life, timeout=2)
    assert await notes(runtime.database) == ["a"]


async def test_a_worker_tells_what_it_delivers_to_whoever_may_scrape(open_kernel: Open, hasty: KernelSettings) -> None:
    async def record_good_ones(event: Happened, uow: UnitOfWork) -> None:
        if event.note == "bad":
            raise ValueError
        await record(event, uow)

    subscriber = Subscriber(Happened, record_good_ones)
    runtime = open_kernel(subscriber)
    await publish(runtime.database, "bad", "good", "good too")
    settings = msgspec.structs.replace(hasty, metrics=MetricsSettings(token="only-for-scrapers"))
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    module = Module(name="scratch", subscribers=[subscriber])
    life = asyncio.create_task(run(settings, [module], listener=listener))
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": "Bearer only-for-scrapers"}) as scraper:

        async def counts() -> dict[str, float]:
            text = (await scraper.get("/metrics")).raise_for_status().text
            samples = (each for family in text_string_to_metric_families(text) for each in family.samples)
            name = "quire_delivery_duration_seconds_count"
            return {each.labels["outcome"]: each.value for each in samples if each.name == name}

        async def all_is_told() -> bool:
            told = await counts()
            return told.get("done") == 2 and "failed" in told

        await eventually(all_is_told)
        assert (await scraper.get("/metrics", headers={"Authorization": "Bearer guessed"})).status_code == 404
        assert (await scraper.get("/api/v1/posts")).status_code == 404
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(life, timeout=4)
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])))
