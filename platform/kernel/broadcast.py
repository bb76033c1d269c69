"""Tells every process that there is something new for somebody. Losing a message costs until the next look.

What is told is only who should look, never what there is to see: PostgreSQL knows that.
"""

from collections.abc import Callable, Iterable
from uuid import UUID

from kernel.channel import Channel


class Broadcast:
    """One side tells whom something is new for, the other hears it."""

    def __init__(self, redis_url: str, *, timeout: float) -> None:
        self._channel = Channel(redis_url, "quire:news", timeout=timeout)
        self._waiting: set[UUID] = set()

    @property
    def heard(self) -> bool:
        """Whether what others tell is heard at the moment; while it is not, look often."""
        return self._channel.is_heard

    def tell(self, people: Iterable[UUID]) -> None:
        """Tell all processes, in the background; failing is fine. What is told meanwhile goes out together."""
        self._waiting.update(people)
        self._channel.send(self._message)

    async def listen_for_ever(self, hear: Callable[[Iterable[UUID]], None]) -> None:
        """Pass on what is told until cancelled, whatever happens to Redis."""
        await self._channel.listen_for_ever(lambda message: hear(unpacked(message)))

    async def close(self) -> None:
        """Let go of every connection."""
        await self._channel.close()

    def _message(self) -> bytes:
        people, self._waiting = self._waiting, set()
        return b"".join(person.bytes for person in people)


def unpacked(message: bytes) -> list[UUID]:
    """The people whom a message names."""
    return [UUID(bytes=message[start : start + 16]) for start in range(0, len(message) - 15, 16)]
