"""What every process of Quire opens, whichever part of the work it does: the whole registry, one engine, one cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from kernel import personal_data
from kernel.broadcast import Broadcast
from kernel.cache import Cache, EntitiesChanged
from kernel.db import connect, record_statements
from kernel.limits import Limiter
from kernel.mail import MailDelivery, MailQueued, open_transport
from kernel.module import Module
from kernel.reads import Reader
from kernel.redis_client import RedisServer
from kernel.security import Permissions
from kernel.settings import KernelSettings
from kernel.unit_of_work import Database, PersonalData, Subscriber, UnitOfWork, by_topic
from kernel.wakeup import Wakeup

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder


@dataclass(frozen=True, slots=True)
class Runtime:
    """The neighbours of a process. Opening connects to nothing; the first use does."""

    engine: AsyncEngine
    redis: RedisServer
    cache: Cache
    reader: Reader
    limiter: Limiter
    wakeup: Wakeup
    broadcast: Broadcast
    database: Database
    subscribers: Sequence[Subscriber[Any]]  # Any: every subscriber knows its own event type
    permissions: Permissions
    recorder: "Recorder | None"

    async def close(self) -> None:
        """Let go of every connection."""
        await self.cache.close()
        await self.wakeup.close()
        await self.broadcast.close()
        await self.reader.close()
        await self.engine.dispose()
        await self.redis.client.aclose()
        if self.recorder is not None:
            await self.recorder.close()


def open_runtime(settings: KernelSettings, modules: Sequence[Module], recorder: "Recorder | None" = None) -> Runtime:
    """The same for the web process, the worker and the command line, so that no promise depends on who keeps it."""
    mails = MailDelivery(
        {kind: compose for module in modules for kind, compose in module.letters.items()},
        open_transport(settings.mail_url, settings.mail),
        sender=settings.mail.sender,
        domain=urlsplit(settings.public_url).hostname or "localhost",
    )
    redis = RedisServer(settings.redis_url, timeout=settings.cache.timeout)
    cache = Cache(redis, settings.cache)
    wakeup = Wakeup(settings.redis_url, timeout=settings.cache.timeout)
    broadcast = Broadcast(settings.redis_url, timeout=settings.cache.timeout)

    async def forget_changed(event: EntitiesChanged, _: UnitOfWork) -> None:
        await cache.forget(event.entities)

    subscribers: list[Subscriber[Any]] = [  # Any: as above
        Subscriber(EntitiesChanged, forget_changed),
        Subscriber(MailQueued, mails.send, bury=mails.give_up),
        *(subscriber for module in modules for subscriber in module.subscribers),
    ]
    engine = connect(settings.database_url, settings.db)
    if recorder is not None:
        record_statements(engine)
    return Runtime(
        engine=engine,
        redis=redis,
        cache=cache,
        reader=Reader(settings.database_url, settings.db, replica_url=settings.database_replica_url),
        limiter=Limiter(redis, enabled=settings.http.rate_limits == "on"),
        wakeup=wakeup,
        broadcast=broadcast,
        database=Database(engine, by_topic(subscribers), cache, wakeup, broadcast, personal_data_of(modules)),
        subscribers=subscribers,
        permissions=Permissions({name: meaning for module in modules for name, meaning in module.permissions.items()}),
        recorder=recorder,
    )


def personal_data_of(modules: Sequence[Module]) -> PersonalData:
    """Of the modules and of the kernel. Those that depend on others forget first."""
    exports = {module.name: module.export for module in modules if module.export}
    erasures = {module.name: module.erase for module in reversed(modules) if module.erase}
    return PersonalData({**exports, "kernel": personal_data.export}, {**erasures, "kernel": personal_data.erase})
