"""Cache: encoded values in Redis that are never served after a committed change of what they embed.

Every entity has a generation token; a value carries the tokens it was made under and is good only while they are the
present ones. A change deletes the tokens, so a value read before it can never match again, whenever it is written.
"""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from kernel.events import Event
from kernel.settings import CacheSettings

TOKEN_TTL = 86_400


class EntitiesChanged(Event, frozen=True, tag="kernel.entities_changed"):
    """What is cached of these entities is out of date.

    In the outbox, since a process may end, or Redis be away, just after the commit.
    """

    entities: tuple[str, ...]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A value and the tokens it was made under."""

    tokens: list[bytes]
    body: bytes


class Cache:
    """Values by key. Redis may be slow, empty or absent at any moment: then values are loaded, never wrong."""

    def __init__(self, redis: Redis, settings: CacheSettings) -> None:
        self._redis = redis
        self._ttl = settings.ttl
        self._decoder = msgspec.msgpack.Decoder(Entry)

    async def fetch(self, key: str, entities: Sequence[str], load: Callable[[], Awaitable[bytes]]) -> bytes:
        """The value of ``key``, which embeds ``entities``; ``load`` must read what is committed now."""
        names = [f"g:{entity}" for entity in entities]
        try:
            raw, *tokens = await self._redis.mget([f"v:{key}", *names])
            if raw is not None:
                entry = self._decoder.decode(raw)
                if entry.tokens == tokens:
                    return entry.body
            seen = [token or await self._begin(name) for name, token in zip(names, tokens, strict=True)]
        except (RedisError, OSError, msgspec.DecodeError):
            return await load()
        body = await load()
        with suppress(RedisError, OSError):
            await self._redis.set(f"v:{key}", msgspec.msgpack.encode(Entry(seen, body)), px=round(self._ttl * 1000))
        return body

    async def forget(self, *entities: str) -> None:
        """Make every value that embeds one of ``entities`` unservable; raises `RedisError` where that is uncertain."""
        await self._redis.delete(*(f"g:{entity}" for entity in entities))

    async def _begin(self, name: str) -> bytes:
        fresh = secrets.token_bytes(8)
        won = await self._redis.set(name, fresh, nx=True, ex=TOKEN_TTL)
        return fresh if won else (await self._redis.get(name) or fresh)
