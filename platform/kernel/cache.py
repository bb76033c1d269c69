"""Cache: encoded values in Redis that are never served after a committed change of what they embed.

Every entity has a generation token; a value carries the tokens it was made under and is good only while they are the
present ones. A change deletes the tokens, so a value read before it can never match again, whenever it is written.
All keys begin with the ``run_id`` of the server: one that was restarted, from a dump or not, knows nothing.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TypeAlias

import msgspec
from redis.exceptions import RedisError

from kernel.errors import Unavailable
from kernel.events import Event
from kernel.redis_client import AWAY, RedisServer
from kernel.round_trips import RoundTrips
from kernel.settings import CacheSettings
from kernel.versions import Tokens, etag

TOKEN_TTL = 86_400
SHAPES = 20_000
"""Keys whose embedded entities a process remembers, so that a value and its tokens are asked for together."""

EVERYTHING = "everything"
"""An entity that every value embeds, for when it is not known which changes were missed."""


class EntitiesChanged(Event, frozen=True, tag="kernel.entities_changed"):
    """What cached values may embed has changed: heard of even where the process dies right after its commit."""

    entities: tuple[str, ...]


class Loaded(msgspec.Struct, frozen=True):
    """A value as it was read, and the tokens of other entities that it embeds; None if those are not known."""

    body: bytes
    version: int | None = None
    tokens: Tokens | None = {}
    next_cursor: str | None = None
    """Of a page."""

    @property
    def tag(self) -> str:
        """Its strong entity tag."""
        return etag(self.body, self.version)


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A value as it is kept, with what else its readers are told."""

    body: bytes
    tag: str
    tokens: dict[str, bytes]
    next_cursor: str | None = None


class Shape(msgspec.Struct, frozen=True):
    """Where a value lies on one run of the server, and the tokens of all that it is known to embed."""

    run_id: str
    value: bytes
    tokens: dict[str, bytes]
    """By entity, the key of its token."""
    keys: tuple[bytes, ...]
    """All of these."""


Load: TypeAlias = Callable[[], Awaitable[Loaded]]

NOT_KEPT = RedisError("there is nothing to find")
"""What those hear who wait for a value that Redis did not take."""


class Cache:
    """Values by key. Redis may be slow, empty or absent at any moment: then values are loaded, never wrong."""

    def __init__(self, server: RedisServer, settings: CacheSettings) -> None:
        self._server = server
        self._ttl = settings.ttl
        self._redis = RoundTrips(server)
        self._decoder = msgspec.msgpack.Decoder(Entry)
        self._shapes: dict[str, Shape] = {}
        self._flights: dict[str, asyncio.Future[Exception | None]] = {}
        self._making_up: asyncio.Task[None] | None = None

    async def fetch(self, key: str, entities: Collection[str], load: Load) -> Loaded | Entry:
        """The value of ``key``, which is made of ``entities`` and of whatever else ``load`` says that it embeds.

        A key is made of the same entities each time. ``load`` must read what is committed when it is called; it is
        called once, however many ask in the meantime; when it cannot reach what it reads, that is `Unavailable` to all.
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
            match flight.result():
                case None:
                    continue
                case Unavailable() | OSError() as failure:  # asking once more, one after the other, would take for ever
                    raise Unavailable from failure
                case _:  # what there is to say depends on who asks, or Redis takes nothing: all load at once
                    return await load()

    async def tokens(self, entities: Collection[str]) -> Tokens | None:
        """The present tokens, to be asked for *before* the entities are read; None while Redis is away."""
        try:
            keys = {name: self._key("g", name) for name in entities}
            answers = await self._redis.look_up(keys.values())
            found = {name: answers[key] for name, key in keys.items() if key in answers}
            return {**found, **await self._begin(set(entities) - found.keys())}
        except AWAY:
            return None

    async def forget(self, entities: Collection[str]) -> None:
        """Make every value that embeds one of ``entities`` unservable; raises `RedisError` or `OSError`."""
        run_id = None
        while run_id != self._server.run_id:  # until the server that deleted is the one that the keys were made for
            run_id = self._server.run_id
            keys = [self._key("g", name) for name in entities]
            await self._redis.do(("DEL", *keys))

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
        shape = self._shapes.get(key)
        if shape is None or shape.run_id != self._server.run_id:
            shape = self._shape(key, own)
        if self._making_up is not None:
            raise RedisError("changes were missed")
        answers = await self._redis.look_up(shape.keys)
        if shape.run_id != self._server.run_id:  # another by now: it may have been started from a dump of the old one
            answers = {}
        entry = self._decoded(answers.get(shape.value))
        if entry is not None:
            if not entry.tokens.keys() <= shape.tokens.keys():
                shape = self._shape(key, {*own, *entry.tokens})
                answers = {**answers, **await self._redis.look_up(shape.keys)}
            for name, token in entry.tokens.items():
                if answers.get(shape.tokens[name]) != token:
                    break
            else:
                return entry, {}
        return None, {name: answers[place] for name in own if (place := shape.tokens[name]) in answers}

    def _decoded(self, raw: bytes | None) -> Entry | None:
        """What an older or newer program left there is no value."""
        try:
            return None if raw is None else self._decoder.decode(raw)
        except msgspec.DecodeError:
            return None

    async def _fill(self, key: str, own: Collection[str], seen: Tokens, load: Load) -> Loaded | Entry:
        flight = self._flights[key] = asyncio.get_running_loop().create_future()
        value_key = self._key("v", key)
        failure: Exception | None = NOT_KEPT
        try:
            try:
                tokens = {**seen, **await self._begin(set(own) - seen.keys())}
            except AWAY:
                return await load()
            loaded = await load()
            if loaded.tokens is None:
                return loaded
            entry = Entry(loaded.body, loaded.tag, {**loaded.tokens, **tokens}, loaded.next_cursor)
            self._shape(key, entry.tokens)
            with suppress(*AWAY):
                await self._redis.do(("SET", value_key, msgspec.msgpack.encode(entry), "PX", self._lifetime()))
                failure = None
            return entry
        except Exception as error:
            failure = error
            raise
        except BaseException:
            failure = None  # whoever asked has given up: one of the others fills it
            raise
        finally:
            del self._flights[key]
            flight.set_result(failure)

    async def _begin(self, entities: Collection[str]) -> dict[str, bytes]:
        """The tokens of entities that had none; another process may have been quicker."""
        made = {name: secrets.token_bytes(8) for name in entities}
        sets = {name: ("SET", self._key("g", name), token, "NX", "EX", TOKEN_TTL) for name, token in made.items()}
        done = await self._redis.do(*sets.values())
        if late := {name: ("GET", command[1]) for name, command in sets.items() if done[command] is None}:
            theirs = await self._redis.do(*late.values())
            made |= {name: token for name, command in late.items() if (token := theirs[command]) is not None}
        return made

    async def _make_up(self) -> None:
        """Tell Redis, once it is back, that nothing in it can be trusted."""
        while True:
            try:
                await self.forget([EVERYTHING])
            except Exception:  # whatever it is: else the cache would be off for as long as the process lives
                await asyncio.sleep(0.1)
            else:
                self._making_up = None
                return

    def _shape(self, key: str, entities: Collection[str]) -> Shape:
        """What is to be asked for together the next time."""
        if len(self._shapes) >= SHAPES:
            self._shapes.clear()
        value, tokens = self._key("v", key), {name: self._key("g", name) for name in entities}
        shape = self._shapes[key] = Shape(self._server.run_id, value, tokens, (value, *tokens.values()))
        return shape

    def _key(self, kind: str, name: str) -> bytes:
        return f"{self._server.run_id}:{kind}:{name}".encode()

    def _lifetime(self) -> int:
        """Milliseconds, between half the setting and all of it: what was filled together does not expire together."""
        return round(self._ttl * (500 + secrets.randbelow(500)))
