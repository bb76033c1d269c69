"""What every process of Quire opens, whichever part of the work it does: the whole registry, one engine, one cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from kernel.cache import Cache, EntitiesChanged
from kernel.db import connect
from kernel.mail import MailDelivery, MailQueued, open_transport
from kernel.module import Module
from kernel.redis_client import redis_client
from kernel.settings import KernelSettings
from kernel.unit_of_work import Database, Subscriber, UnitOfWork, by_topic


@dataclass(frozen=True, slots=True)
class Runtime:
    """The neighbours of a process. Opening connects to nothing; the first use does."""

    engine: AsyncEngine
    redis: Redis
    database: Database
    subscribers: Sequence[Subscriber[Any]]  # Any: every subscriber knows its own event type

    async def close(self) -> None:
        """Let go of every connection."""
        await self.engine.dispose()
        await self.redis.aclose()


def open_runtime(settings: KernelSettings, modules: Sequence[Module]) -> Runtime:
    """The same for the web process, the worker and the command line, so that no promise depends on who keeps it."""
    mails = MailDelivery(
        {kind: compose for module in modules for kind, compose in module.letters.items()},
        open_transport(settings.mail_url, settings.mail),
        sender=settings.mail.sender,
        domain=urlsplit(settings.public_url).hostname or "localhost",
    )
    redis = redis_client(settings.redis_url, timeout=settings.cache.timeout)
    cache = Cache(redis, settings.cache)

    async def forget_again(event: EntitiesChanged, _: UnitOfWork) -> None:
        await cache.forget(*event.entities)

    subscribers: list[Subscriber[Any]] = [  # Any: see `Runtime`
        Subscriber(EntitiesChanged, forget_again),
        Subscriber(MailQueued, mails.send),
        *(subscriber for module in modules for subscriber in module.subscribers),
    ]
    engine = connect(settings.database_url, settings.db)
    database = Database(engine, by_topic(subscribers), cache)
    return Runtime(engine, redis, database, subscribers)
