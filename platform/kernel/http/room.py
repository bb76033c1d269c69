"""Room for so many requests at once, each for so long; the rest hear at once that there is none, instead of waiting."""

import asyncio

from litestar.types import ASGIApp, Receive, Scope, Send

from kernel.errors import Overloaded, Unavailable
from kernel.settings import HttpSettings


class Room:
    """Entered by every request. (uvicorn's ``limit_concurrency`` counts idle connections and answers in plain text.)"""

    def __init__(self, settings: HttpSettings) -> None:
        self._slots = asyncio.Semaphore(settings.max_in_flight)
        self._max_wait = settings.max_wait
        self._deadline = settings.deadline

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise `Overloaded` when there is no room in time, `Unavailable` when the request takes too long."""
        if self._slots.locked():
            try:
                await asyncio.wait_for(self._slots.acquire(), self._max_wait)
            except TimeoutError:
                raise Overloaded from None
        else:
            await self._slots.acquire()
        try:
            async with asyncio.timeout(self._deadline):
                await app(scope, receive, send)
        except TimeoutError:
            raise Unavailable from None
        finally:
            self._slots.release()
