"""Rate limits: one atomic script in Redis for all processes together, and a bucket in the process while Redis is away.

The algorithm is GCRA: one number a key, no window that two bursts can straddle (Brandur Leach, "Rate limiting, cells,
and GCRA", 2015). Litestar's middleware reads and writes in two steps under a lock of the process, so it counts wrong.
"""

import math
import time
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from kernel.breaker import Breaker
from kernel.errors import RateLimited
from kernel.redis_client import AWAY, RedisServer

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local interval, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + interval
local wait = full - window - now
if wait > 0 then return {math.ceil(wait), math.ceil(full - interval - now)} end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
return {0, math.ceil(full - now)}
"""

GIVE_BACK = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local full = tonumber(redis.call('GET', KEYS[1]) or now) - tonumber(ARGV[1])
if full <= now then redis.call('DEL', KEYS[1]) return end
redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
"""

LOCAL_KEYS = 50_000


class Limit(msgspec.Struct, frozen=True):
    """At most ``quota`` in any ``seconds``, all at once or evenly."""

    name: str
    quota: int
    seconds: float

    @property
    def interval(self) -> float:
        """Milliseconds after which one more is let in, once all are used up."""
        return self.seconds / self.quota * 1000


class Verdict(msgspec.Struct, frozen=True):
    """What is left of a limit, and when it is full again; ``retry_after`` is above zero when it is used up."""

    limit: Limit
    remaining: int
    reset: int
    retry_after: int

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers-10 has them; none where nothing was counted."""
        if not self.reset:
            return {}
        name, limit = self.limit.name, self.limit
        return {
            "RateLimit-Policy": f'"{name}";q={limit.quota};w={math.ceil(limit.seconds)}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.reset}',
        }


class Limiter:
    """Counts for all processes; without Redis, for this one alone."""

    def __init__(self, server: RedisServer, *, enabled: bool) -> None:
        self._server = server
        self._enabled = enabled
        self._breaker = Breaker(failures=3, pause=1.0)
        self._script = server.client.register_script(SCRIPT)
        self._give_back = server.client.register_script(GIVE_BACK)
        self._local: dict[str, float] = {}

    async def take(self, limit: Limit, *who: str) -> Verdict:
        """Count one; raises `RateLimited`, which says when to come again."""
        if not self._enabled:
            return Verdict(limit, limit.quota, 0, 0)
        key, interval, window = key_of(limit, who), limit.interval, limit.seconds * 1000
        try:
            wait, full = await self._breaker.run(lambda: self._script(keys=[key], args=[interval, window]))
        except AWAY:
            wait, full = self._take_locally(key, interval, window)
        remaining = 0 if wait else max(0, math.floor((window - full) / interval))
        verdict = Verdict(limit, remaining, math.ceil(full / 1000), math.ceil(wait / 1000))
        if verdict.retry_after:
            raise RateLimited(verdict.retry_after, verdict.headers())
        return verdict

    async def give_back(self, limit: Limit, *who: str) -> None:
        """Take one back: it was none of those that are counted (a login that succeeded)."""
        if not self._enabled:
            return
        key = key_of(limit, who)
        try:
            await self._breaker.run(lambda: self._give_back(keys=[key], args=[limit.interval]))
        except AWAY:
            self._local[key] = self._local.get(key, 0) - limit.interval

    def _take_locally(self, key: str, interval: float, window: float) -> tuple[float, float]:
        now = time.monotonic() * 1000
        if len(self._local) >= LOCAL_KEYS:
            self._local = {each: full for each, full in self._local.items() if full > now}
        full = max(self._local.get(key, now), now) + interval
        wait = full - window - now
        if wait > 0:
            return wait, full - interval - now
        self._local[key] = full
        return 0, full - now


def key_of(limit: Limit, who: Sequence[str]) -> str:
    """Nobody who looks into Redis reads an address there."""
    return f"limit:{limit.name}:{blake2b('|'.join(who).encode(), digest_size=16).hexdigest()}"
