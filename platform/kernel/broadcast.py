"""Tells every process that there is something new for somebody. Losing a message costs until the next look.

What is told is only who should look, never what there is to see: PostgreSQL knows that.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

from kernel.redis_client import AWAY, redis_client

CHANNEL = "quire:news"


class Broadcast:
    """One side tells whom something is new for, the other hears it; each with one connection a process."""

    def __init__(self, redis_url: str, *, timeout: float) -> None:
        self._sender = redis_client(redis_url, timeout=timeout)
        self._listener = redis_client(redis_url, timeout=3600.0)
        self._waiting: set[UUID] = set()
        self._sending: asyncio.Task[None] | None = None
        self.heard = False
        """Whether what others tell is heard at the moment; while it is not, look often."""

    def tell(self, people: Iterable[UUID]) -> None:
        """Tell all processes, in the background; failing is fine. What is told meanwhile goes out together."""
        self._waiting.update(people)
        if self._waiting and (self._sending is None or self._sending.done()):
            self._sending = asyncio.create_task(self._publish())

    async def listen_for_ever(self, hear: Callable[[Iterable[UUID]], None]) -> None:
        """Pass on what is told until cancelled, whatever happens to Redis."""
        while True:
            try:
                async with self._listener.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CHANNEL)
                    self.heard = True
                    async for message in channel.listen():
                        hear(unpacked(message["data"]))
            except AWAY:
                self.heard = False
                await asyncio.sleep(1)
            finally:
                self.heard = False

    async def close(self) -> None:
        """Let go of every connection."""
        if self._sending is not None:
            await self._sending  # which ends in time; cancelled while it connects, it would leave a socket behind
        await self._sender.aclose()
        await self._listener.aclose()

    async def _publish(self) -> None:
        while self._waiting:
            people, self._waiting = self._waiting, set()
            with suppress(*AWAY):
                await self._sender.publish(CHANNEL, b"".join(person.bytes for person in people))


def unpacked(message: bytes) -> list[UUID]:
    """The people whom a message names."""
    return [UUID(bytes=message[start : start + 16]) for start in range(0, len(message) - 15, 16)]
