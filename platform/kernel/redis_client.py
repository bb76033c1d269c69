"""Connections to the Redis-compatible server: one server, TLS, or the master that sentinels agree on."""

from typing import Any  # of options that redis-py passes on
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff


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
    credentials, _, hosts = parts.netloc.rpartition("@")
    addresses = [(host, int(port or 26379)) for host, _, port in (each.rpartition(":") for each in hosts.split(","))]
    password = credentials.partition(":")[2] or None
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # redis-py has no types here
        addresses, sentinel_kwargs={"password": password, **options}, password=password, **options
    )
    master: Redis = sentinel.master_for(parts.path.strip("/"), redis_class=Redis)
    return master
