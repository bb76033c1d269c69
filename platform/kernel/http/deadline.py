"""A deadline for every request with one timer for all: a timer for each costs more than what most of them do."""

import asyncio
import time
from collections.abc import Awaitable
from functools import cached_property
from typing import Any, TypeAlias

Task: TypeAlias = asyncio.Task[Any]  # Any: whatever it returns

PRECISION = 0.05
"""How late a deadline may be, as a part of it."""


class Deadline:
    """Ends what takes longer than so many seconds; it may take that much longer and a twentieth."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._began: dict[Task, float] = {}
        """The oldest first."""
        self._late: set[Task] = set()
        self._looks = False

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """The one that all of this happens on; to ask for it anew is a call of the system each time."""
        return asyncio.get_running_loop()

    async def keep(self, work: Awaitable[None]) -> None:
        """Do it; raises `TimeoutError` when its time is over. (Like `asyncio.timeout`, which sets a timer.)"""
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 - or nobody could be waiting here
        self._began[task] = time.monotonic()
        if not self._looks:
            self._look()
        try:
            await work
        except asyncio.CancelledError:
            if task in self._late and task.uncancel() == 0:
                raise TimeoutError from None
            raise
        finally:
            del self._began[task]
            self._late.discard(task)

    def _look(self) -> None:
        """End what is late, and look again while anything goes on."""
        now = time.monotonic()
        for task, began in self._began.items():
            if now - began < self._seconds:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._looks = bool(self._began)
        if self._looks:
            self._loop.call_later(self._seconds * PRECISION, self._look)
