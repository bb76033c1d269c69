"""A nudge for the workers after a commit, so that nobody waits for their next look. Losing one costs 250 ms.

Not NOTIFY: it takes a lock of the whole database at every commit.
"""

import asyncio
from contextlib import suppress

from kernel.redis_client import AWAY, redis_client

CHANNEL = "quire:outbox"


class Poke:
    """One side sends, at most one message at a time; the other waits for any."""

    def __init__(self, redis_url: str, *, timeout: float) -> None:
        self._sender = redis_client(redis_url, timeout=timeout)
        self._listener = redis_client(redis_url, timeout=3600.0)
        self._sending: asyncio.Task[None] | None = None
        self._poked = asyncio.Event()

    def send(self) -> None:
        """Poke whoever listens, in the background; failing is fine."""
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._publish())

    async def wait(self, seconds: float) -> None:
        """Return when poked, or after ``seconds``."""
        try:
            await asyncio.wait_for(self._poked.wait(), seconds)
        except TimeoutError:
            return
        self._poked.clear()

    async def listen_for_ever(self) -> None:
        """Hear pokes until cancelled, whatever happens to Redis."""
        while True:
            try:
                async with self._listener.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for _ in channel.listen():
                        self._poked.set()
            except AWAY:
                await asyncio.sleep(1)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._sending is not None:
            await self._sending  # which ends in time; cancelled while it connects, it would leave a socket behind
        await self._sender.aclose()
        await self._listener.aclose()

    async def _publish(self) -> None:
        with suppress(*AWAY):
            await self._sender.publish(CHANNEL, b"")
