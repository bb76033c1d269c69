"""Our commands with the cache that everybody writes first: a value by key, deleted after the change. It lies."""

from collections.abc import Collection

import msgspec
from redis.exceptions import RedisError

from kernel import cache
from kernel.cache import Cache, Entry, Load, Loaded


class NaiveCache(Cache):
    """Cache-aside without generations: whoever reads before a change may write after it."""

    async def fetch(self, key: str, entities: Collection[str], load: Load) -> Loaded | Entry:
        """The value, if there is one, whatever has happened since."""
        client = self._server.client
        if (stored := await client.get(f"naive:{key}")) is not None:
            return msgspec.msgpack.decode(stored, type=Entry)
        loaded = await load()
        entry = Entry(loaded.body, loaded.tag, {}, loaded.next_cursor)
        await client.set(f"naive:{key}", msgspec.msgpack.encode(entry), ex=60)
        for entity in entities:
            await client.sadd(f"naive-keys:{entity}", key)  # type: ignore[misc] # redis-py types two worlds
        return entry

    async def forget(self, entities: Collection[str]) -> None:
        """Delete the values that were made of ``entities``; what embeds them otherwise is forgotten about."""
        client = self._server.client
        for entity in entities:
            keys = await client.smembers(f"naive-keys:{entity}")  # type: ignore[misc] # the same
            if keys:
                await client.delete(*(f"naive:{key.decode()}" for key in keys))

    async def forget_or_make_up(self, entities: Collection[str]) -> None:
        """Without making up."""
        try:
            await self.forget(entities)
        except RedisError:
            return


if __name__ == "__main__":
    cache.Cache = NaiveCache  # type: ignore[misc] # on purpose, before anybody imports it by name
    from app.cli import main

    main()
