import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from saq import Job, Status, Worker
from saq.queue.redis import RedisQueue
from saq.utils import now

from kernel.jobs import Context, JobWorker, Queue, open_queue
from kernel.redis_client import redis_client
from kernel.settings import KernelSettings
from kernel.worker import TIMERS
from tests.kernel.support import NOWHERE, Open
from tests.running import eventually


def upstream(settings: KernelSettings) -> RedisQueue:
    """SAQ's own queue, to show that these tests can fail."""
    return RedisQueue(redis_client(settings.redis_url, timeout=5), name="quire")


def ours(settings: KernelSettings) -> Queue:
    return open_queue(settings.redis_url, timeout=5)


@pytest.fixture
async def queue(settings: KernelSettings, open_kernel: Open) -> AsyncGenerator[Queue]:
    opened = ours(settings)
    yield opened
    await opened.disconnect()


class Work:
    """A job that says that it runs and waits until it may go on."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, _: Context, *, name: str = "job") -> None:
        self.runs.append(name)
        self.began.set()
        await self.go_on.wait()


@asynccontextmanager
async def working(queue: Queue, work: Work, *, grace: int = 20, concurrency: int = 2) -> AsyncGenerator[JobWorker]:
    worker = JobWorker(
        queue,
        [("work", work.__call__)],
        concurrency=concurrency,
        dequeue_timeout=2,
        timers=TIMERS,
        shutdown_grace_period_s=grace,
    )
    life = asyncio.create_task(worker.start())
    try:
        yield worker
    finally:
        await worker.stop()
        await life


async def stop(worker: JobWorker) -> float:
    """Seconds it takes."""
    began = time.monotonic()
    await worker.stop()
    return time.monotonic() - began


async def popped(queue: RedisQueue, **options: Any) -> Job:  # Any: SAQ's
    """A job that a worker has taken but not begun."""
    await queue.enqueue("work", **options)
    job = await queue.dequeue(1)
    assert job is not None
    return job


async def incomplete(queue: RedisQueue) -> tuple[int, int]:
    """What Redis knows of: all jobs, and those that somebody has."""
    return await queue.count("incomplete"), await queue.count("active")


@pytest.mark.parametrize(("open_it", "swept"), [(ours, False), (upstream, True)])
async def test_a_job_that_was_just_popped_is_not_taken_for_a_stuck_one_as_upstream_does(
    settings: KernelSettings, queue: Queue, open_it: Any, swept: bool
) -> None:
    theirs, other = open_it(settings), open_it(settings)
    job = await popped(theirs, retries=2)
    assert bool(await other.sweep(lock=1, abort=0.01)) is swept
    run_by_a_second_worker = await other.dequeue(0.1)
    assert (run_by_a_second_worker == job) is swept
    await theirs.disconnect()
    await other.disconnect()


async def test_jobs_that_wait_when_a_worker_meets_a_fresh_redis_are_run_once(queue: Queue) -> None:
    work = Work()
    work.go_on.set()
    await queue.redis.script_flush()
    names = [str(number) for number in range(10)]
    for name in names:
        await queue.enqueue("work", name=name, retries=3)

    async def done() -> bool:
        return await incomplete(queue) == (0, 0)

    async with working(queue, work):
        await eventually(done)
    assert sorted(work.runs) == names


async def test_a_job_that_was_popped_and_never_began_is_forgotten_after_a_while(queue: Queue) -> None:
    job = await popped(queue, key="once")
    assert await queue.sweep(lock=0) == []
    queue.grace = 0

    async def forgotten() -> list[str]:
        return await queue.sweep(lock=0)

    await eventually(forgotten)
    assert await incomplete(queue) == (0, 0)
    assert await queue.enqueue("work", key=job.key) is not None


async def test_a_job_whose_worker_is_dead_is_forgotten_and_one_whose_worker_lives_is_not(queue: Queue) -> None:
    living, dead = await popped(queue, timeout=60), await popped(queue, timeout=60)
    await living.update(status=Status.ACTIVE, started=now())
    await dead.update(status=Status.ACTIVE, started=now() - 61_000)
    assert await queue.sweep(lock=0) == [dead.id]
    assert await incomplete(queue) == (1, 1)
    await dead.refresh()
    assert dead.status == Status.ABORTED


async def test_many_dead_jobs_take_no_longer_than_one(queue: Queue) -> None:
    for _ in range(50):
        await (await popped(queue)).update(status=Status.ACTIVE, started=now() - 61_000)
    began = time.monotonic()
    assert len(await queue.sweep(lock=0)) == 50
    assert time.monotonic() - began < 2
    assert await incomplete(queue) == (0, 0)


async def test_a_job_that_redis_has_lost_the_words_of_is_forgotten(queue: Queue) -> None:
    job = await popped(queue)
    await queue.redis.delete(job.id)
    queue.grace = 0
    assert await queue.sweep(lock=0) == [job.id]
    assert await incomplete(queue) == (0, 0)


async def test_one_worker_sweeps_at_a_time(settings: KernelSettings, queue: Queue) -> None:
    await (await popped(queue)).update(status=Status.ACTIVE, started=now() - 61_000)
    other = ours(settings)
    swept = await asyncio.gather(queue.sweep(lock=5), other.sweep(lock=5))
    assert sorted(map(len, swept)) == [0, 1]
    await other.disconnect()


@pytest.mark.parametrize(("kind", "spins"), [(Queue, False), (RedisQueue, True)])
async def test_a_worker_without_redis_waits_instead_of_spinning_as_upstream_does(
    kind: type[RedisQueue], spins: bool, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = 0

    class Counting(kind):  # type: ignore[valid-type, misc] # one of two
        async def dequeue(self, *arguments: float, **named: float) -> Job | None:
            nonlocal attempts
            attempts += 1
            return await super().dequeue(*arguments, **named)  # type: ignore[no-any-return] # the same

    caplog.set_level("CRITICAL", logger="saq")
    worker = Worker[Any](Counting(redis_client(NOWHERE, timeout=1)), [], concurrency=2)
    life = asyncio.create_task(worker.start())
    await asyncio.wait({life}, timeout=1)
    await worker.stop()
    await life
    assert (attempts > 20) is spins


async def test_an_idle_worker_stops_at_once(queue: Queue) -> None:
    async with working(queue, Work()) as worker:
        await eventually(lambda: len(queue.idle) == 2)
        assert await stop(worker) < 1


async def test_a_worker_without_redis_stops_at_once(settings: KernelSettings) -> None:
    queue = open_queue(NOWHERE, timeout=5)
    async with working(queue, Work()) as worker:
        await eventually(lambda: len(queue.idle) == 2)
        assert await stop(worker) < 1
    await queue.disconnect()


async def test_a_busy_worker_stops_as_soon_as_its_job_is_done(queue: Queue) -> None:
    work = Work()
    job = await queue.enqueue("work", ttl=60)
    assert job is not None
    async with working(queue, work) as worker:
        await work.began.wait()
        stopping = asyncio.create_task(worker.stop())
        assert not (await asyncio.wait({stopping}, timeout=0.2))[0]
        work.go_on.set()
        await asyncio.wait_for(stopping, timeout=1)
    await job.refresh()
    assert (job.status, work.runs) == (Status.COMPLETE, ["job"])


async def test_a_worker_that_stops_takes_no_new_job(queue: Queue) -> None:
    work = Work()
    await queue.enqueue("work", name="first")
    async with working(queue, work) as worker:
        await work.began.wait()
        stopping = asyncio.create_task(worker.stop())

        await eventually(lambda: not queue.idle)
        await queue.enqueue("work", name="second")
        work.go_on.set()
        await stopping
    assert work.runs == ["first"]
    assert await incomplete(queue) == (1, 0)


async def test_a_job_that_outlasts_the_grace_period_is_left_to_others(queue: Queue) -> None:
    work = Work()
    await queue.enqueue("work")
    async with working(queue, work, grace=0) as worker:
        await work.began.wait()
        assert await stop(worker) < 1
    assert await queue.count("queued") == 1
