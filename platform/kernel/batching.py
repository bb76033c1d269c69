"""Look-ups of one turn of the event loop in one round trip, whoever asked for them."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import cached_property
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Batch(Generic[K, V]):
    """Collects keys until the loop turns, then asks for all of them at once; a failure is everybody's."""

    def __init__(self, load: Callable[[Collection[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._load = load
        self._keys: set[K] = set()
        self._waiting: list[asyncio.Future[Mapping[K, V]]] = []
        self._running: set[asyncio.Task[None]] = set()

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
            self._loop.call_soon(self._send)
        self._waiting.append(answer)
        self._keys.update(keys)
        return await answer

    def _send(self) -> None:
        keys, self._keys = self._keys, set()
        waiting, self._waiting = self._waiting, []
        task = self._loop.create_task(self._fetch(keys, waiting))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _fetch(self, keys: Collection[K], waiting: list["asyncio.Future[Mapping[K, V]]"]) -> None:
        try:
            found = await self._load(keys)
        except BaseException as error:
            for answer in waiting:
                if not answer.done():
                    answer.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            for answer in waiting:
                if not answer.done():
                    answer.set_result(found)
