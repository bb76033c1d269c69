"""Connections to the Redis-compatible server: one server, TLS, or the master that sentinels agree on."""

from typing import Any  # of options that redis-py passes on
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff


class Master(Redis):
    """The server that the sentinels name at the moment of connecting."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Let go of the sentinels too."""
        await super().aclose(close_connection_pool)
        manager: Sentinel = self.connection_pool.sentinel_manager  # type: ignore[attr-defined] # that of sentinels
        for sentinel in manager.sentinels:
            await sentinel.aclose()


def redis_client(url: str, *, timeout: float) -> Redis:
    """A client whose calls end within ``timeout`` seconds, without retries; nothing is opened yet."""
    options: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith("redis+sentinel:"):
        client: Redis = Redis.from_url(url, **options)
        return client
    parts = urlsplit(url)
    servers = [urlsplit(f"//{each}") for each in parts.netloc.rpartition("@")[2].split(",")]
    addresses = [(server.hostname, server.port or 26379) for server in servers]
    options |= {"username": unquote(parts.username or "") or None, "password": unquote(parts.password or "") or None}
    sentinel = Sentinel(addresses, sentinel_kwargs=options, **options)  # type: ignore[no-untyped-call] # no types here
    master: Redis = sentinel.master_for(parts.path.strip("/"), redis_class=Master)
    return master
