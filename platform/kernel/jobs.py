"""SAQ as a transport, hardened: jobs may be lost here, since PostgreSQL knows what is still to be done.

SAQ 0.26 takes a job that was just popped for a stuck one and runs it twice (tobymao/saq#277), spins on one core while
Redis is away, and uses up its whole grace period to stop; the two classes below override exactly that.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from saq import Job, Status, Worker
from saq.queue.redis import RedisQueue
from saq.types import Context as SaqContext
from saq.types import WorkerInfo
from saq.utils import cancel_tasks

from kernel.redis_client import AWAY, redis_client
from kernel.unit_of_work import Database

DEQUEUE_TIMEOUT = 2.0
"""How long an idle slot waits for a job, in seconds; its client must wait longer."""


log = structlog.get_logger()


QUEUES = "saq:queues"
"""The names of all queues, each with the time at which a worker last looked into it."""

KEPT = timedelta(days=1)
"""For how long a queue is known that nobody looks into, and failures are shown."""

FAILURES = 100
"""How many of them are kept."""


class Context(SaqContext):
    """What a scheduled task may rely on."""

    database: Database


@dataclass(frozen=True, slots=True)
class Poller:
    """What every worker looks for in PostgreSQL again and again: neither Redis nor a killed worker delays it."""

    poll: Callable[[Database], Awaitable[bool]]
    """Does what is due, and tells whether there may be more; several poll at once, so it locks what it takes."""
    seconds: float
    """Between two polls."""

    async def run_for_ever(self, database: Database) -> None:
        """Until cancelled, whatever fails in between."""
        while True:
            try:
                there_may_be_more = await self.poll(database)
            except Exception as error:  # the poller outlives a database that is away
                log.warning("poller failed", poller=self.poll.__name__, error=type(error).__name__)
                there_may_be_more = False
            if not there_may_be_more:
                await asyncio.sleep(self.seconds)


class Queue(RedisQueue):
    """A queue that forgets the jobs of dead workers and leaves those of living ones alone."""

    grace = 10.0
    """Seconds that a popped job may take to become active."""

    def __init__(self, redis: Redis, name: str = "quire") -> None:
        super().__init__(redis, name=name)
        self.idle: set[asyncio.Task[Any] | None] = set()
        """Slots of the worker that wait for a job."""
        self._first_seen: dict[bytes, float] = {}
        self._failures = self.namespace("failures")

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        """Forget jobs that nobody works on; the outbox and the schedule queue them again. Once per ``lock`` seconds."""
        if not await self.redis.set(self._sweep, 1, px=max(1, lock * 1000 - 100), nx=True):
            return []
        job_ids: list[bytes] = await self.redis.lrange(self._active, 0, -1)  # type: ignore[misc] # redis-py types two worlds
        payloads = await self.redis.mget(job_ids) if job_ids else []
        seen, now = self._first_seen, time.monotonic()
        self._first_seen = {}
        lost: list[str] = []
        for job_id, payload in zip(job_ids, payloads, strict=True):
            job = self.deserialize(payload)
            if job is not None and job.status == Status.ACTIVE:
                gone = job.stuck
            else:
                self._first_seen[job_id] = seen.get(job_id, now)
                gone = now - self._first_seen[job_id] >= self.grace
            if gone:
                await self._forget(job_id, job)
                lost.append(job_id.decode())
        return lost

    async def _forget(self, job_id: bytes, job: Job | None) -> None:
        if job is not None:
            await self.finish(job, Status.ABORTED, error="its worker died")
        else:
            await self.redis.lrem(self._active, 0, job_id)  # type: ignore[misc, arg-type] # the same
            await self.redis.zrem(self._incomplete, job_id)

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:  # noqa: ASYNC109 - SAQ's
        """The next job; without Redis, nothing after a second."""
        slot = asyncio.current_task()
        self.idle.add(slot)
        try:
            return await super().dequeue(timeout, poll_interval)
        except AWAY:
            await asyncio.sleep(1)
            return None
        finally:
            self.idle.discard(slot)

    async def write_worker_info(self, worker_id: str, info: WorkerInfo, ttl: int) -> None:
        """What SAQ keeps of a worker, and that this queue has one."""
        await super().write_worker_info(worker_id, info, ttl)
        await self.redis.zadd(QUEUES, {self.name: time.time()})

    async def names(self) -> set[str]:
        """This queue, and every other that had a worker lately."""
        since = time.time() - KEPT.total_seconds()
        return {self.name, *(name.decode() for name in await self.redis.zrangebyscore(QUEUES, since, "inf"))}

    async def failures(self) -> list[Job]:
        """The jobs that failed last, newest first; a new run of a cron job does not hide how the old one ended."""
        payloads: list[bytes] = await self.redis.lrange(self._failures, 0, -1)  # type: ignore[misc] # as above
        return [job for job in map(self.deserialize, payloads) if job is not None]

    async def _finish(self, job: Job, status: Status, *, result: Any = None, error: str | None = None) -> None:
        # Any: whatever a job returns
        await super()._finish(job, status, result=result, error=error)
        if status in {Status.FAILED, Status.ABORTED}:
            async with self.redis.pipeline() as pipe:
                pipe.lpush(self._failures, self.serialize(job))
                pipe.ltrim(self._failures, 0, FAILURES - 1)
                pipe.expire(self._failures, KEPT)
                await pipe.execute()

    async def disconnect(self) -> None:
        """Let go of every connection, also while Redis is away."""
        await self.redis.aclose()


class JobWorker(Worker[Context]):
    """A worker that stops as soon as its running jobs are done, or the grace period is over."""

    queue: Queue

    async def process(self) -> bool:
        """One job, if there is one. What a Redis that goes away in between does not hear of, the outbox knows."""
        try:
            return await super().process()
        except AWAY:
            await asyncio.sleep(1)
            return False

    async def stop(self) -> None:
        """Take no new job, let the running ones finish, leave the rest to their leases."""
        self.event.set()
        await asyncio.sleep(0)  # a slot that is about to wait begins to
        while idle := [slot for slot in self.queue.idle if slot]:
            await cancel_tasks(idle, timeout=0.1)  # until it works, see `end`
        busy = {task for task in self.tasks if task.get_name() == "process"}
        if busy:
            await asyncio.wait(busy, timeout=self._shutdown_grace_period_s)
        await end(*(task for task in self.tasks if task.get_name() != "process"))
        await cancel_tasks(list(self.tasks), timeout=2)
        self.tasks.clear()
        await super().stop()


async def end(*tasks: asyncio.Task[Any]) -> None:  # Any: whatever they return
    """Cancel until they are over: with Python 3.11 and redis-py, a cancellation that meets an answer is lost."""
    while not await cancel_tasks(tasks, timeout=0.1):
        pass


def open_queue(redis_url: str, *, timeout: float, name: str = "quire") -> Queue:
    """A queue by name; its calls end within ``timeout`` seconds."""
    return Queue(redis_client(redis_url, timeout=timeout), name)
