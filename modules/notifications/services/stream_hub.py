"""Notifications while they happen: all open streams of a process, fed by one query for all of them.

Redis says whose inbox to look into; when it is silent, or lies, PostgreSQL is asked at intervals. Nothing depends on
which of them it was: a stream follows the arrivals of its inbox, so it misses none and tells none twice.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from contextvars import Context
from functools import partial
from uuid import UUID

import structlog

from kernel.errors import InvalidToken
from kernel.http.encoding import encode
from kernel.http.streaming import EventQueue
from kernel.module import Process
from kernel.unit_of_work import UnitOfWork
from modules.notifications.repositories import WatchRepository
from modules.notifications.services.presentation import Presentation
from modules.notifications.services.tickets import Tickets

CHECK = 0.4
"""Seconds after which callers are looked at again; with what auth remembers, a revocation holds within one."""

LOOK, LOOK_OFTEN = 2.0, 0.5
"""Seconds after which all inboxes are looked at, while news is heard of by itself, and while it is not."""

AT_ONCE = 1_000
"""Notifications of one look, and those that wait for a slow reader before no more are fetched for them."""

EACH = 20
"""Open streams of one person, so that nobody takes the places of all; who opens another ends the oldest."""

log = structlog.get_logger()


class Stream:
    """One open connection: whose it is, by which right, and the last arrival that was told."""

    def __init__(self, recipient_id: UUID, token: str, after: int) -> None:
        self.recipient_id = recipient_id
        self.token = token
        self.after = after
        self.queue = EventQueue()


class Streaming:
    """Opening streams, inside the transaction of a request."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._watch = WatchRepository(session=uow.session)

    async def open(self, recipient_id: UUID, token: str, last_id: UUID | None) -> Stream:
        """A stream of what arrives from now on, or after the notification that was heard last."""
        return Stream(recipient_id, token, await self._watch.place_of(recipient_id, last_id))


class StreamHub:
    """The streams of a process. It does something only while there are any."""

    def __init__(self, presentation: Callable[[UnitOfWork], Presentation], tickets: Tickets) -> None:
        self._presentation = presentation
        self._tickets = tickets
        self._process: Process | None = None
        self._streams: defaultdict[UUID, list[Stream]] = defaultdict(list)
        self._versions: dict[UUID, int] = {}
        self._woken: set[UUID] = set()
        self._wake = asyncio.Event()
        self._work: list[asyncio.Task[None]] = []

    def begin(self, process: Process) -> None:
        """What it works with."""
        self._process = process

    @property
    def process(self) -> Process:
        """What it works with, since `begin`."""
        assert self._process is not None  # noqa: S101 - `create_app` has called `begin`
        return self._process

    def issue(self, uow: UnitOfWork, token: str) -> str:
        """A ticket that stands for ``token``."""
        return self._tickets.issue(uow, token)

    async def redeem(self, ticket: str) -> str:
        """The token that a ticket stands for, for good; raises `InvalidTicket`."""
        async with self.process.database.unit_of_work() as uow:
            return await self._tickets.redeem(uow, ticket)

    @contextmanager
    def feeding(self, stream: Stream) -> Generator[None]:
        """Tell the stream what is new until it is left."""
        streams = self._streams[stream.recipient_id]
        streams.append(stream)
        for oldest in [each for each in streams if not each.queue.ended][:-EACH]:
            oldest.queue.end()
        self._hear([stream.recipient_id])
        if not self._work:
            work = (self._watch(), self._look_for_ever(), self.process.broadcast.listen_for_ever(self._hear))
            self._work = [asyncio.create_task(each, context=Context()) for each in work]  # of no request, and no trace
        try:
            yield
        finally:
            streams.remove(stream)
            if not streams:
                del self._streams[stream.recipient_id]
                self._versions.pop(stream.recipient_id, None)
            if not self._streams:
                for task in self._work:
                    task.cancel()
                self._work = []

    def _hear(self, people: Iterable[UUID]) -> None:
        self._woken.update(person for person in people if person in self._streams)
        if self._woken:
            self._wake.set()

    async def _watch(self) -> None:
        """End the streams of whoever may not listen any more: one question for all of them."""
        while True:
            await asyncio.sleep(CHECK)
            await asyncio.gather(*(self._check(stream) for each in self._streams.values() for stream in each))

    async def _check(self, stream: Stream) -> None:
        try:
            caller = await self.process.authenticate(stream.token)
        except InvalidToken:
            stream.queue.end()
        except Exception as error:  # nobody knows at the moment, and nothing new is told meanwhile
            log.warning("caller of a stream not checked", error=type(error).__name__)
        else:
            if caller.id != stream.recipient_id:
                stream.queue.end()

    async def _look_for_ever(self) -> None:
        looked = time.monotonic()
        while True:
            interval = LOOK if self.process.broadcast.heard else LOOK_OFTEN
            try:
                async with asyncio.timeout(max(0.0, looked + interval - time.monotonic())):
                    await self._wake.wait()
            except TimeoutError:
                pass
            try:
                if time.monotonic() >= looked + interval:
                    looked = time.monotonic()
                    await self._look_around()
                await self._look()
            except Exception as error:  # a database that is away comes back
                log.warning("streams not fed", error=type(error).__name__)
                await asyncio.sleep(LOOK_OFTEN)

    async def _look_around(self) -> None:
        """Wake those whose inbox has changed since the last time."""
        async with self.process.database.unit_of_work() as uow:
            versions = await WatchRepository(session=uow.session).versions_of(list(self._streams))
        changed = [person for person, version in versions.items() if self._versions.get(person) != version]
        self._versions.update(versions)
        self._hear(changed)

    async def _look(self) -> None:
        """Tell those who were woken what has arrived for them, in the order of its arrival."""
        people, self._woken = self._woken, set()
        self._wake.clear()
        ready = {person: streams for person in people if (streams := self._ready(person))}
        if not ready:
            return
        try:
            async with self.process.database.unit_of_work() as uow:
                after = {person: min(stream.after for stream in streams) for person, streams in ready.items()}
                rows = await WatchRepository(session=uow.session).arrived(after, AT_ONCE)
                shown = await self._presentation(uow).of(rows)
        except Exception:
            self._hear(people)
            raise
        for row, notification in zip(rows, shown, strict=True):
            data = encode(notification)
            for stream in ready[row.recipient_id]:
                if stream.after < row.arrival:
                    stream.after = row.arrival
                    stream.queue.put("notification", id=str(row.id), data=data)
        if len(rows) == AT_ONCE:
            self._hear(people)

    def _ready(self, person: UUID) -> list[Stream]:
        """The streams of somebody, but for those whose reader is slow: they ask by themselves, when they have read."""
        ready = []
        for stream in self._streams.get(person, ()):
            if len(stream.queue) < AT_ONCE:
                ready.append(stream)
            else:
                stream.queue.when_drained = partial(self._hear, [person])
        return ready
