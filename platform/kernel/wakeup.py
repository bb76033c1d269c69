"""Wakes the workers after a commit, so that nobody waits for their next look. Losing a wake-up costs 250 ms.

Not NOTIFY: it takes a lock of the whole database at every commit.
"""

import asyncio

from kernel.channel import Channel


class Wakeup:
    """One side sends, at most one message at a time; the other waits for any."""

    def __init__(self, redis_url: str, *, timeout: float) -> None:
        self._channel = Channel(redis_url, "quire:outbox", timeout=timeout)
        self._is_due = False
        self._woken = asyncio.Event()

    def send(self) -> None:
        """Wake whoever listens, in the background; failing is fine."""
        self._is_due = True
        self._channel.send(self._message)

    async def wait(self, seconds: float) -> None:
        """Return when woken, or after ``seconds``."""
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return
        self._woken.clear()

    async def listen_for_ever(self) -> None:
        """Hear wake-ups until cancelled, whatever happens to Redis."""
        await self._channel.listen_for_ever(lambda _: self._woken.set())

    async def close(self) -> None:
        """Let go of every connection."""
        await self._channel.close()

    def _message(self) -> bytes:
        due, self._is_due = self._is_due, False
        return b"1" if due else b""
