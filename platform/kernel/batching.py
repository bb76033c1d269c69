"""Look-ups that are asked for at about the same time, in one round trip, whoever asks for them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextvars import Context, copy_context
from functools import cached_property
from typing import Generic, TypeVar

from kernel.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")


class Batch(Generic[K, V]):
    """One call at a time; what is asked for while it is under way is asked for together in the next.

    So an idle process asks at once, and a busy one asks seldom. No answer is older than its question. A failure is
    everybody's, theirs too who wait for their turn: nobody waits once more for what has just failed.
    """

    def __init__(self, load: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._load = load
        self._keys: set[K] = set()
        self._waiting: list[asyncio.Future[Mapping[K, V]]] = []
        self._context: Context
        self._running: asyncio.Task[None] | None = None

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """The one that all of this happens on; to ask for it anew is a call of the system each time."""
        return asyncio.get_running_loop()

    async def get(self, keys: Collection[K]) -> Mapping[K, V]:
        """What is known of these keys, among others; what is not is absent."""
        if not keys:
            return {}
        answer: asyncio.Future[Mapping[K, V]] = self._loop.create_future()
        if not self._waiting:
            self._context = copy_context()  # a batch belongs to the first who asks, in traces and logs
            if self._running is None:
                self._loop.call_soon(self._send)
        self._waiting.append(answer)
        self._keys.update(keys)
        return await answer

    def _send(self) -> None:
        self._running = self._loop.create_task(self._fetch(*self._taken()), context=self._context)

    def _taken(self) -> tuple[set[K], list["asyncio.Future[Mapping[K, V]]"]]:
        taken = self._keys, self._waiting
        self._keys, self._waiting = set(), []
        return taken

    async def _fetch(self, keys: set[K], waiting: list["asyncio.Future[Mapping[K, V]]"]) -> None:
        try:
            found = await self._load(keys)
        except BaseException as error:
            failure = error if isinstance(error, Exception) else Unavailable()  # they are not cancelled themselves
            for answer in waiting + self._taken()[1]:
                if not answer.done():
                    answer.set_exception(failure)
            if not isinstance(error, Exception):
                raise
        else:
            for answer in waiting:
                if not answer.done():
                    answer.set_result(found)
        finally:
            self._running = None
            if self._waiting:
                self._send()
