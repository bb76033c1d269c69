"""From the outbox to the subscribers: at least once, in a transaction of their own, through SAQ or without it."""

import random
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

import msgspec
import structlog

from kernel import attempts, outbox
from kernel.breaker import Breaker
from kernel.db import utc_now
from kernel.events import decode
from kernel.jobs import Queue
from kernel.redis_client import AWAY
from kernel.settings import JobsSettings
from kernel.telemetry import CURRENT, NOTHING
from kernel.text import reason
from kernel.unit_of_work import Database, Subscriber, UnitOfWork
from kernel.wakeup import Wakeup

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder

BATCH = 50
"""Rows of one subscriber that one job carries."""

ENOUGH = 20
"""Jobs in the queue that keep every worker busy; more rows wait better in PostgreSQL, where no lease runs out."""

log = structlog.get_logger()

Observe: TypeAlias = Callable[[str, str, float], None]
"""Told of every attempt: its subscriber, whether it was ``done`` or ``failed``, the seconds it took."""


def backoff(attempts: int) -> timedelta:
    """Doubling from two seconds to five minutes, with jitter: what failed together does not return together."""
    return timedelta(seconds=min(2**attempts, 300) * random.uniform(0.75, 1.25))  # noqa: S311 - no secret


class WorkerLost(Exception):
    """Every attempt ended with its worker."""


class Delivery:
    """Runs subscribers. The row in PostgreSQL decides; a job that is lost, late or doubled changes nothing."""

    # Any: every subscriber knows its own event type.
    def __init__(
        self,
        database: Database,
        queue: Queue,
        subscribers: Iterable[Subscriber[Any]],
        settings: JobsSettings,
        wakeup: Wakeup,
        *,
        takes_all: bool = True,
        recorder: "Recorder | None" = None,
        observe: Observe | None = None,
    ) -> None:
        """``takes_all``: rows of subscribers that nobody knows any more, too, so that they end dead and visible."""
        self._database = database
        self._queue = queue
        self._subscribers = {subscriber.name: subscriber for subscriber in subscribers}
        self._leased = None if takes_all else tuple(self._subscribers)
        self._settings = settings
        self._wakeup = wakeup
        self._recorder = recorder
        self._observe = observe
        self._breaker = Breaker(failures=1, pause=1.0)

    async def relay_for_ever(self) -> None:
        """Hand due rows out until cancelled, whatever fails in between."""
        while True:
            try:
                handed = await self.relay()
            except Exception as error:  # the relay outlives a database that is away
                log.warning("outbox relay failed", error=type(error).__name__)
                handed = 0
            if not handed:
                await self._wakeup.wait(self._settings.poll_interval)

    async def relay(self) -> int:
        """Lease due rows and queue them; how many. Without Redis they are delivered right here."""
        queued = await self._queued()
        if queued is not None and queued >= ENOUGH:
            return 0
        async with self._database.unit_of_work() as uow:
            leased = await outbox.lease(uow.session, seconds=self._settings.lease, subscribers=self._leased)
        for subscriber, row_ids in leased.items():
            for start in range(0, len(row_ids), BATCH):
                ids = [str(row_id) for row_id in row_ids[start : start + BATCH]]
                if queued is None or not await self._enqueue(subscriber, ids):
                    await self.deliver(subscriber, ids)
        return sum(map(len, leased.values()))

    async def close(self) -> None:
        """Let go of the queue."""
        await self._queue.disconnect()

    async def _queued(self) -> int | None:
        """How many jobs wait; nothing without Redis."""
        try:
            return await self._breaker.run(lambda: self._queue.count("queued"))
        except AWAY:
            return None

    async def _enqueue(self, subscriber: str, ids: list[str]) -> bool:
        try:
            await self._queue.enqueue("deliver", subscriber=subscriber, ids=ids, retries=1, timeout=60, ttl=60)
        except AWAY:
            return False
        return True

    async def deliver(self, subscriber: str, ids: list[str]) -> None:
        """Run one subscriber for each of these rows; a failing row does not hold up the others."""
        for row_id in map(UUID, ids):
            outside, began = CURRENT.set(None), perf_counter()
            try:
                outcome = "done" if await self._attempt(subscriber, row_id) else None
            except Exception as error:
                outcome = "failed"
                log.warning("delivery failed", subscriber=subscriber, outbox_id=str(row_id), exc_info=error)
                await self._postpone(row_id, error)
            finally:
                CURRENT.reset(outside)
            if outcome is not None and self._observe is not None:
                self._observe(subscriber, outcome, perf_counter() - began)

    async def _attempt(self, name: str, row_id: UUID) -> bool:
        """Whether it was due and is done."""
        async with self._database.unit_of_work() as uow:
            attempt = await attempts.begin(uow, row_id, seconds=self._settings.lease)
        if attempt is None:
            return False
        with self._traced(attempt, name, row_id):
            if attempt.number > self._settings.max_attempts:
                raise WorkerLost(f"{attempt.number - 1} times")
            async with self._database.unit_of_work() as uow:
                payload = await attempts.hold(uow, row_id)
                if payload is None:
                    return False
                subscriber = self._subscribers[name]
                await subscriber.handler(decode(msgspec.json.decode(payload), subscriber.event), uow)
                await attempts.finish(uow, row_id)
        return True

    def _traced(self, attempt: attempts.Attempt, subscriber: str, row_id: UUID) -> AbstractContextManager[object]:
        """Go on with the trace of whoever published it; so does what is logged when it is over."""
        if self._recorder is None:
            CURRENT.set(attempt.trace)
            return NOTHING
        about = {"messaging.destination.name": attempt.topic, "messaging.destination.subscription.name": subscriber}
        attributes = {
            **outbox.MESSAGING,
            **about,
            "messaging.operation.name": "deliver",
            "messaging.message.id": str(row_id),
        }
        span = self._recorder.begin(f"deliver {attempt.topic}", "consumer", attributes, attempt.trace)
        CURRENT.set(span)
        return span

    async def _postpone(self, row_id: UUID, error: Exception) -> None:
        async with self._database.unit_of_work() as uow:
            row = await attempts.take(uow, row_id)
            if row is None:
                return
            row.last_error = reason(error)
            row.leased_until = None
            if row.attempts >= self._settings.max_attempts:
                row.dead_at = utc_now()
                await self._bury(row, uow)
            else:
                row.run_after = utc_now() + backoff(row.attempts)

    async def _bury(self, row: outbox.OutboxRow, uow: UnitOfWork) -> None:
        subscriber = self._subscribers.get(row.subscriber)
        if subscriber is None or subscriber.bury is None:
            return
        try:
            async with uow.savepoint():
                await subscriber.bury(decode(row.payload, subscriber.event), uow)
        except Exception as error:  # dead it is, whatever else goes wrong
            log.warning("burial failed", subscriber=subscriber.name, outbox_id=str(row.id), exc_info=error)
