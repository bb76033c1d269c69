"""Connections to the Redis-compatible server: one server, TLS, or the master that sentinels agree on."""

import re
from collections.abc import Collection
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

Command: TypeAlias = tuple[str | bytes | int, ...]

AWAY = (RedisError, OSError)
"""What a call raises while Redis does not answer."""

RUN_ID = re.compile(rb"run_id:([0-9a-f]+)")


class Master(Redis):
    """The server that the sentinels name at the moment of connecting."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Let go of the sentinels too."""
        await super().aclose(close_connection_pool)
        manager: Sentinel = self.connection_pool.sentinel_manager  # type: ignore[attr-defined] # that of sentinels
        for sentinel in manager.sentinels:
            await sentinel.aclose()


def redis_client(url: str, *, timeout: float, **options: Any) -> Redis:  # Any: options that redis-py passes on
    """A client whose calls end within ``timeout`` seconds, without retries; nothing is opened yet."""
    # Any: options that redis-py passes on
    limits: dict[str, Any] = {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
    }
    if not url.startswith("redis+sentinel:"):
        client: Redis = Redis.from_url(url, **{**limits, **options})
        return client
    parts = urlsplit(url)
    servers = [urlsplit(f"//{each}") for each in parts.netloc.rpartition("@")[2].split(",")]
    addresses = [(server.hostname, server.port or 26379) for server in servers]
    known = {"username": unquote(parts.username or "") or None, "password": unquote(parts.password or "") or None}
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # no types here
        addresses, sentinel_kwargs={**limits, **known}, **limits, **known, **options
    )
    master: Redis = sentinel.master_for(parts.path.strip("/"), redis_class=Master)
    return master


class RedisServer:
    """A client that knows which run of the server its connections lead to: a restarted server is another one."""

    def __init__(self, url: str, *, timeout: float) -> None:
        self.run_id = "unknown"
        self.client = redis_client(url, timeout=timeout, redis_connect_func=self._greet)

    async def together(self, commands: Collection[Command]) -> list[Any]:  # Any: answers differ
        """What is answered to each command, in one round trip: its error to one that the server refuses.

        (One by one, redis-py takes a connection out of its pool and looks whether it is well, for each of them.)
        """
        pipeline = self.client.pipeline(transaction=False)
        for command in commands:
            pipeline.execute_command(*command)
        return await pipeline.execute(raise_on_error=False)

    async def _greet(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        answer = RUN_ID.search(bytes(await connection.read_response()))
        self.run_id = answer[1].decode() if answer else "unknown"
