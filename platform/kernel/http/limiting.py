"""Limits of routes: who calls one too often waits, before anything is read or done.

``opt={LIMITS: [Limit("search", 60, 60)]}`` counts the calls of everybody who is signed in, and of every network of
those who are not. What is rarer than that (a wrong password, a mail to one address) is counted by hand, with the
dependency ``limiter``.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from kernel.http.client import Proxies
from kernel.http.request import HttpRequest
from kernel.limits import Limit, Limiter, Verdict
from kernel.security import Principal

LIMITS = "limits"

Count: TypeAlias = Callable[[HttpRequest, Limit], Awaitable[None]]
"""Counts one call; raises `RateLimited`."""


class RequestLimiter:
    """The limiter in the hands of one request: what is left goes into the headers of its answer."""

    def __init__(self, limiter: Limiter, request: HttpRequest) -> None:
        self._limiter = limiter
        self._request = request

    async def take(self, limit: Limit, *who: str, announced: bool = True) -> None:
        """Count one; raises `RateLimited`. What is not ``announced`` the client need not know of before."""
        verdict = await self._limiter.take(limit, *who)
        if announced:
            announce(self._request, verdict)

    async def give_back(self, limit: Limit, *who: str) -> None:
        """Take one back."""
        await self._limiter.give_back(limit, *who)


def counting(limiter: Limiter, proxies: Proxies) -> Count:
    """How an application counts."""

    async def count(request: HttpRequest, limit: Limit) -> None:
        caller: Principal | None = request.scope["user"]
        who = proxies.client_of(request).network if caller is None else str(caller.id)
        await RequestLimiter(limiter, request).take(limit, who)

    return count


def announce(request: HttpRequest, verdict: Verdict) -> None:
    """Tell the client what is left, whatever the answer will be."""
    headers: list[tuple[bytes, bytes]] = request.scope["state"].get("headers", [])
    headers += [(name.lower().encode(), value.encode()) for name, value in verdict.headers().items()]
