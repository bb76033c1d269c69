"""Redis channels, from process to process, in the background. They carry hints only: losing a message is fine."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from kernel.redis_client import AWAY, redis_client


class Channel:
    """One channel, with one connection a process in each direction."""

    def __init__(self, redis_url: str, name: str, *, timeout: float) -> None:
        self._name = name
        self._sender = redis_client(redis_url, timeout=timeout)
        self._listener = redis_client(redis_url, timeout=3600.0, socket_connect_timeout=3.0, socket_keepalive=True)
        self._sending: asyncio.Task[None] | None = None
        self.is_heard = False
        """Whether what others send is heard at the moment."""

    def send(self, next_message: Callable[[], bytes]) -> None:
        """Send what ``next_message`` gives, until that is nothing; what is due meanwhile goes out with the next one."""
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send(next_message))

    async def listen_for_ever(self, hear: Callable[[bytes], None]) -> None:
        """Pass messages on until cancelled, whatever happens to Redis."""
        while True:
            with suppress(*AWAY):
                await self._listen(hear)
            end_if_cancelled()
            await asyncio.sleep(1)

    async def close(self) -> None:
        """Let go of every connection."""
        if self._sending is not None:
            await self._sending  # which ends in time; cancelled while it connects, it would leave a socket behind
        await self._sender.aclose()
        await self._listener.aclose()

    async def _send(self, next_message: Callable[[], bytes]) -> None:
        while message := next_message():
            with suppress(*AWAY):
                await self._sender.publish(self._name, message)

    async def _listen(self, hear: Callable[[bytes], None]) -> None:
        try:
            async with self._listener.pubsub(ignore_subscribe_messages=True) as subscription:
                await subscription.subscribe(self._name)
                end_if_cancelled()
                self.is_heard = True
                async for message in subscription.listen():
                    hear(message["data"])
                    end_if_cancelled()
        finally:
            self.is_heard = False


def end_if_cancelled() -> None:
    """Raise what was lost: with Python 3.11 and redis-py, a cancellation that meets an answer is."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
