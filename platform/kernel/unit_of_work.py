"""One transaction: rows, the events that they make true, and what other modules hang on them.

Nobody calls ``commit`` but the boundary that opened the unit of work, before an answer leaves. (advanced-alchemy's
``autocommit`` handler is not used: it answers 201 to a failed COMMIT and cannot keep what must outlive an error.)
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from kernel import outbox
from kernel.broadcast import Broadcast
from kernel.cache import Cache, EntitiesChanged
from kernel.db import new_id, statement
from kernel.errors import DomainError
from kernel.events import E, Event, encode, topic
from kernel.reads import Query, T
from kernel.transaction import Transaction
from kernel.wakeup import Wakeup


class UnitOfWork:
    """A session, the events published in it and the cached entities it makes stale."""

    def __init__(
        self,
        transaction: Transaction,
        subscribers: "Subscribers",
        cache: Cache,
        wakeup: Wakeup,
        broadcast: Broadcast,
        personal_data: "PersonalData",
    ) -> None:
        self._transaction = transaction
        self.personal_data = personal_data
        self._subscribers = subscribers
        self._cache = cache
        self._wakeup = wakeup
        self._broadcast = broadcast
        self._stale: set[str] = set()
        self._told: set[UUID] = set()
        self._afterwards: list[Callable[[], None]] = []
        self._news: list[outbox.New] = []

    @property
    def session(self) -> AsyncSession:
        """Entities of SQLAlchemy, in this transaction."""
        return self._transaction.session

    async def publish(self, *events: Event) -> None:
        """State facts: in-transaction subscribers run now, the others at least once after the commit, if any."""
        for event in events:
            for subscriber in self._subscribers.get(topic(type(event)), ()):
                if subscriber.in_transaction:
                    await subscriber.handler(event, self)
                else:
                    self._news.append((new_id(), topic(type(event)), subscriber.name, encode(event)))

    # Any: values of any type of PostgreSQL
    async def run(self, query: Query[T], **parameters: Any) -> list[T]:
        """The rows of a compiled statement, in this transaction: a quarter of what the session takes for it.

        The session neither flushes before it nor learns what it changed.
        """
        sql, arguments = query.prepared(parameters)
        with statement(sql):
            rows = await self._transaction.run(sql, arguments)
        return query.rows(rows)

    def changes(self, *entities: str) -> None:
        """Cached values that embed one of ``entities`` are not served again once this is committed."""
        self._stale.update(entities)

    def tells(self, people: Iterable[UUID]) -> None:
        """Whoever is watching on behalf of ``people``, in any process, looks again once this is committed."""
        self._told.update(people)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something in this process once this is committed, and not if it never is."""
        self._afterwards.append(act)

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """What fails in there is undone, what was published in there is not said; the rest of the transaction goes on.

        To begin it writes what the session holds.
        """
        said = len(self._news)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._news[said:]
            raise

    async def pause(self) -> None:
        """Before something slow: give the connection back, the next statement takes one. Nothing may be written yet."""
        await self._transaction.pause()

    async def commit(self) -> None:
        """For the boundary only. Raises `Unavailable` if the connection is lost: whether it was done, nobody knows."""
        stale = tuple(sorted(self._stale))
        if stale:
            await self.publish(EntitiesChanged(entities=stale))
        if self._news:
            await outbox.add(self.run, self._news)
        with statement("COMMIT"):
            await self._transaction.commit()
        for act in self._afterwards:
            act()
        if stale:
            await self._cache.forget_or_make_up(stale)
        if self._news:
            self._wakeup.send()
        if self._told:
            self._broadcast.tell(self._told)


@dataclass(frozen=True, slots=True)
class Subscriber(Generic[E]):
    """``handler`` hears of every committed ``event``: within its transaction, or at least once in one of its own."""

    event: type[E]
    handler: Callable[[E, UnitOfWork], Awaitable[None]]
    in_transaction: bool = False
    bury: Callable[[E, UnitOfWork], Awaitable[None]] | None = None
    """Called when the last attempt has failed, in the transaction that gives the event up."""

    @property
    def name(self) -> str:
        """The stable address that outbox rows carry; renaming the function orphans its open rows."""
        return f"{self.handler.__module__}.{self.handler.__name__}".removeprefix("modules.")


Export: TypeAlias = Callable[[UnitOfWork, UUID], Awaitable[Mapping[str, object]]]
"""All that a module holds of a person: by the name of a JSON file, what is in it."""

Erase: TypeAlias = Callable[[UnitOfWork, UUID], Awaitable[None]]
"""Leaves no byte of a person in a module's tables; safe to run twice."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """How each module, by its name, exports what it holds of a person, and erases it."""

    exports: Mapping[str, Export] = field(default_factory=dict[str, Export])
    erasures: Mapping[str, Erase] = field(default_factory=dict[str, Erase])


# Any: every subscriber knows its own event type.
Subscribers: TypeAlias = Mapping[str, Sequence[Subscriber[Any]]]


def by_topic(subscribers: Iterable[Subscriber[Any]]) -> Subscribers:  # Any: see `Subscribers`
    """The registry that a unit of work looks into."""
    registry: dict[str, list[Subscriber[Any]]] = defaultdict(list)
    for subscriber in subscribers:
        registry[topic(subscriber.event)].append(subscriber)
    return dict(registry)


class Database:
    """Opens units of work on one engine. Every process has the whole registry of subscribers, whatever it serves."""

    def __init__(
        self,
        engine: AsyncEngine,
        subscribers: Subscribers,
        cache: Cache,
        wakeup: Wakeup,
        broadcast: Broadcast,
        personal_data: PersonalData,
    ) -> None:
        self.engine = engine
        self._personal_data = personal_data
        self._subscribers = subscribers
        self._cache = cache
        self._wakeup = wakeup
        self._broadcast = broadcast

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncGenerator[UnitOfWork]:
        """Commits at the end; an error rolls back, but for a `DomainError` that ``persists``."""
        transaction = Transaction(self.engine)
        uow = UnitOfWork(
            transaction, self._subscribers, self._cache, self._wakeup, self._broadcast, self._personal_data
        )
        try:
            try:
                yield uow
            except DomainError as error:
                if error.persists:
                    await uow.commit()
                raise
            await uow.commit()
        finally:
            await transaction.close()
