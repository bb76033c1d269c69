"""Wrong proofs are counted for an account and a network together: nobody locks an owner out from elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from kernel.errors import NotAuthenticated, RateLimited
from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.limits import Limit
from modules.auth.contracts import WrongPassword

TRIES = Limit("sign-in", 8, 3_600)
"""Eight at once and two more in a quarter of an hour: ten in any (OWASP ASVS 5.0, 6.3.1)."""

NETWORK_TRIES = Limit("sign-in network", 100, 900)
"""On whatever accounts: who tries one password on many."""

AT_ONCE = 2
"""Tries on one account from one network that a process looks at together; there are not more threads for them."""


class Throttle:
    """Of one process; the counts are those of all."""

    def __init__(self) -> None:
        self._queues: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def attempt(self, limiter: RequestLimiter, account: str, client: Client) -> AsyncGenerator[None]:
        """Around a proof that is looked at; raises `RateLimited`. A refusal counts, all else is given back.

        It is counted before, or many at once would get through; few at once, so that those who know the password are
        not refused because of each other.
        """
        queue = self._queues.setdefault(f"{account}|{client.network}", asyncio.Semaphore(AT_ONCE))
        async with queue:
            await limiter.take(TRIES, account, client.network)
            try:
                await limiter.take(NETWORK_TRIES, client.network, announced=False)
            except RateLimited:
                await limiter.give_back(TRIES, account, client.network)
                raise
            try:
                yield
            except (NotAuthenticated, WrongPassword):
                raise
            except BaseException:
                await self._give_back(limiter, account, client)
                raise
            await self._give_back(limiter, account, client)

    async def _give_back(self, limiter: RequestLimiter, account: str, client: Client) -> None:
        await limiter.give_back(TRIES, account, client.network)
        await limiter.give_back(NETWORK_TRIES, client.network)
