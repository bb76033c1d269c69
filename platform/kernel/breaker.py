"""A circuit breaker: what fails again and again is left alone for a while."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError

from kernel.redis_client import AWAY

T = TypeVar("T")


class Breaker:
    """Calls to Redis; after ``failures`` in a row all calls fail at once for ``pause`` seconds."""

    def __init__(self, *, failures: int, pause: float) -> None:
        self._limit = failures
        self._pause = pause
        self._failed = 0
        self._open_until = 0.0

    async def run(self, call: Callable[[], Awaitable[T]]) -> T:
        """What ``call`` gives; raises what it raises, or `RedisError` without calling."""
        if time.monotonic() < self._open_until:
            raise RedisConnectionError("left alone for a moment")
        try:
            result = await call()
        except AWAY:
            self._failed += 1
            if self._failed >= self._limit:
                self._open_until = time.monotonic() + self._pause
            raise
        self._failed = 0
        return result
