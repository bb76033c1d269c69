"""Bulkheads: a bounded number of requests at once, each with a deadline; any more are refused instead of queueing up.

(uvicorn's ``limit_concurrency`` counts idle connections and answers in plain text.)
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from kernel.errors import Overloaded, Unavailable
from kernel.http.deadline import Deadline
from kernel.settings import HttpSettings

UNBOUNDED = "unbounded"
"""``opt={UNBOUNDED: True}`` for a handler that has to answer whatever else goes on."""

STREAM = "stream"
"""``opt={STREAM: True}`` for a handler whose answer goes on until the client leaves: own bulkhead, no deadline."""


class Bulkhead:
    """Passed by every request of its kind."""

    def __init__(self, places: int, max_wait: float, deadline: float | None) -> None:
        self._places = asyncio.Semaphore(places)
        self._max_wait = max_wait
        self._deadline = None if deadline is None else Deadline(deadline)

    async def serve(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Raise `Overloaded` when no place is free in time, `Unavailable` when the request takes too long."""
        if self._places.locked():
            try:
                await asyncio.wait_for(self._places.acquire(), self._max_wait)
            except TimeoutError:
                raise Overloaded from None
        else:
            await self._places.acquire()
        try:
            if self._deadline is None:
                await app(scope, receive, send)
            else:
                await self._deadline.keep(app(scope, receive, send))
        except TimeoutError:
            raise Unavailable from None
        finally:
            self._places.release()


class Bulkheads:
    """Those of one application."""

    def __init__(self, settings: HttpSettings) -> None:
        self._requests = Bulkhead(settings.max_in_flight, settings.max_wait, settings.deadline)
        self._streams = Bulkhead(settings.max_streams, settings.max_wait, None)

    def bulkhead_for(self, opt: Mapping[str, Any]) -> Bulkhead | None:  # Any: options are of any type
        """The one for requests to a handler with these options; none for what must always be answered."""
        if opt.get(UNBOUNDED):
            return None
        return self._streams if opt.get(STREAM) else self._requests
