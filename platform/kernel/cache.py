"""Cache: encoded values in Redis that are never served after a committed change of what they embed.

Every entity has a generation token; a value carries the tokens it was made under and is good only while they are the
present ones. A change deletes the tokens, so a value read before it can never match again, whenever it is written.
All keys begin with the ``run_id`` of the server: one that was restarted, from a dump or not, knows nothing.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import TypeAlias

import msgspec
from redis.exceptions import RedisError

from kernel.batching import Batch
from kernel.breaker import Breaker
from kernel.events import Event
from kernel.redis_client import RedisServer
from kernel.settings import CacheSettings
from kernel.versions import Tokens

TOKEN_TTL = 86_400
SHAPES = 50_000
"""Keys whose embedded entities a process remembers, so that a value and its tokens are asked for together."""

EVERYTHING = "everything"
"""An entity that every value embeds, for when it is not known which changes were missed."""


class EntitiesChanged(Event, frozen=True, tag="kernel.entities_changed"):
    """What cached values may embed has changed: heard of even where the process dies right after its commit."""

    entities: tuple[str, ...]


class Loaded(msgspec.Struct, frozen=True):
    """A value as it was read, and the tokens of other entities that it embeds; None if those are not known."""

    body: bytes
    version: int = 0
    tokens: Tokens | None = {}


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A value as it is kept."""

    body: bytes
    version: int
    tokens: dict[str, bytes]


Load: TypeAlias = Callable[[], Awaitable[Loaded]]

AWAY = (RedisError, OSError)


class Cache:
    """Values by key. Redis may be slow, empty or absent at any moment: then values are loaded, never wrong."""

    def __init__(self, server: RedisServer, settings: CacheSettings) -> None:
        self._server = server
        self._ttl = settings.ttl
        self._breaker = Breaker(failures=5, pause=1.0)
        self._look_up = Batch(self._ask)
        self._decoder = msgspec.msgpack.Decoder(Entry)
        self._shapes: dict[str, Collection[str]] = {}
        self._flights: dict[str, asyncio.Future[None]] = {}
        self._making_up: asyncio.Task[None] | None = None

    async def fetch(self, key: str, entities: Collection[str], load: Load) -> Loaded | Entry:
        """The value of ``key``, which is made of ``entities`` and of whatever else ``load`` says that it embeds.

        ``load`` must read what is committed when it is called; it is called once, however many ask in the meantime.
        """
        own = (EVERYTHING, *entities)
        while True:
            try:
                entry, seen = await self._stored(key, own)
            except AWAY:
                return await load()
            if entry is not None:
                return entry
            flight = self._flights.get(key)
            if flight is None:
                return await self._fill(key, own, seen, load)
            # Its reading may have begun before a change that is known by now: wait, and look at what it left behind.
            await asyncio.wait({flight})

    async def tokens(self, entities: Collection[str]) -> Tokens | None:
        """The present tokens, to be asked for *before* the entities are read; None while Redis is away."""
        try:
            found = await self._found(entities)
            return {name: found[name] or await self._begin(name) for name in entities}
        except AWAY:
            return None

    async def forget(self, entities: Collection[str]) -> None:
        """Make every value that embeds one of ``entities`` unservable; raises `RedisError` or `OSError`."""
        run_id = None
        while run_id != self._server.run_id:  # until the server that deleted is the one that the keys were made for
            run_id = self._server.run_id
            keys = [self._key("g", name) for name in entities]
            await self._breaker.run(partial(self._server.client.delete, *keys))

    async def forget_or_make_up(self, entities: Collection[str]) -> None:
        """The same, without failing: from a Redis that did not hear of it, nothing is served until it has."""
        try:
            await self.forget(entities)
        except AWAY:
            if self._making_up is None:
                self._making_up = asyncio.create_task(self._make_up())

    async def close(self) -> None:
        """Stop what runs in the background."""
        if self._making_up is not None:
            self._making_up.cancel()
            with suppress(asyncio.CancelledError):
                await self._making_up

    async def _stored(self, key: str, own: Collection[str]) -> tuple[Entry | None, Tokens]:
        """The value if it is good, and the present tokens of its own entities."""
        run_id, value_key = self._server.run_id, self._key("v", key)
        names = {name: self._key("g", name) for name in (*own, *self._shapes.get(key, ()))}
        if self._making_up is not None:
            raise RedisError("changes were missed")
        answers = await self._look_up.get((value_key, *names.values()))
        if run_id != self._server.run_id:  # another server by now: it may have been started from a dump of the old one
            answers = {}
        found = {name: answers.get(token_key) for name, token_key in names.items()}
        entry = self._decoded(answers.get(value_key))
        if entry is not None:
            if more := entry.tokens.keys() - names.keys():
                self._remember(key, entry)
                found |= await self._found(more)
            if entry.tokens.items() <= found.items():
                return entry, {}
        return None, {name: token for name in own if (token := found[name])}

    def _decoded(self, raw: bytes | None) -> Entry | None:
        """What an older or newer program left there is no value."""
        if raw is not None:
            with suppress(msgspec.DecodeError):
                return self._decoder.decode(raw)
        return None

    async def _fill(self, key: str, own: Collection[str], seen: Tokens, load: Load) -> Loaded | Entry:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        value_key = self._key("v", key)
        try:
            try:
                tokens = {name: seen.get(name) or await self._begin(name) for name in own}
            except AWAY:
                return await load()
            loaded = await load()
            if loaded.tokens is None:
                return loaded
            entry = Entry(loaded.body, loaded.version, {**loaded.tokens, **tokens})
            self._remember(key, entry)
            with suppress(*AWAY):
                await self._breaker.run(lambda: self._server.client.set(value_key, encoded(entry), px=self._lifetime()))
            return entry
        finally:
            del self._flights[key]
            flight.set_result(None)

    async def _found(self, entities: Collection[str]) -> dict[str, bytes | None]:
        keys = {name: self._key("g", name) for name in entities}
        answers = await self._look_up.get(keys.values())
        return {name: answers.get(key) for name, key in keys.items()}

    async def _begin(self, entity: str) -> bytes:
        """The token of an entity that had none; another process may have been quicker."""
        key, fresh = self._key("g", entity), secrets.token_bytes(8)
        client = self._server.client
        if await self._breaker.run(lambda: client.set(key, fresh, nx=True, ex=TOKEN_TTL)):
            return fresh
        return await self._breaker.run(lambda: client.get(key)) or fresh

    async def _ask(self, keys: Collection[bytes]) -> Mapping[bytes, bytes]:
        """One round trip. What a server answers that is not the one the keys were made for is not believed."""
        run_id, names = self._server.run_id, list(keys)
        answers = await self._breaker.run(lambda: self._server.client.mget(names))
        if run_id != self._server.run_id:
            return {}
        return {name: answer for name, answer in zip(names, answers, strict=True) if answer is not None}

    async def _make_up(self) -> None:
        """Tell Redis, once it is back, that nothing in it can be trusted."""
        while True:
            try:
                await self.forget([EVERYTHING])
            except AWAY:
                await asyncio.sleep(0.1)
            else:
                self._making_up = None
                return

    def _remember(self, key: str, entry: Entry) -> None:
        if len(self._shapes) >= SHAPES:
            self._shapes.clear()
        self._shapes[key] = tuple(entry.tokens)

    def _key(self, kind: str, name: str) -> bytes:
        return f"{self._server.run_id}:{kind}:{name}".encode()

    def _lifetime(self) -> int:
        """Milliseconds, between half the setting and all of it: what was filled together does not expire together."""
        return round(self._ttl * (500 + secrets.randbelow(500)))


def encoded(entry: Entry) -> bytes:
    """As it lies in Redis."""
    return msgspec.msgpack.encode(entry)
