"""A little of everything that people do, on one instance, and how it was answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from itertools import count

import msgspec

from tests.faults.http import Connection
from tests.faults.staleness import Author, hang_up, make_authors

PATIENCE = 30.0
"""Seconds after which a request hangs."""


class Answer(msgspec.Struct, frozen=True):
    """When it was asked for, how long it took, and what came; 0 for a connection that broke."""

    asked_at: float
    seconds: float
    status: int
    what: str


class Traffic:
    """Authors who read and write as fast as they are answered, until they are told to stop."""

    def __init__(self, address: str, authors: list[Author]) -> None:
        self._address = address
        self._authors = authors
        self._numbers = count()
        self.answers: list[Answer] = []
        self.acknowledged: set[str] = set()
        """Titles of posts that the server has said yes to."""

    async def during(self, trouble: Awaitable[None]) -> None:
        """Go on for as long as the ``trouble`` takes."""
        tasks = [asyncio.create_task(self._live(author)) for author in self._authors]
        try:
            await trouble
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def statuses(self, *, since: float = 0.0) -> Counter[int]:
        """How often each came, to what was asked ``since`` then."""
        return Counter(answer.status for answer in self.answers if answer.asked_at >= since)

    def slowest(self) -> Answer:
        """The one that was waited for the longest."""
        return max(self.answers, key=lambda answer: answer.seconds)

    async def _live(self, author: Author) -> None:
        me, anyone = Connection(self._address, author.token), Connection(self._address)
        try:
            while True:
                title = f"Title {next(self._numbers)}"
                await self._ask(anyone, "GET", f"/api/v1/posts/{author.post}")
                await self._ask(anyone, "GET", "/api/v1/posts")
                await self._ask(me, "GET", "/api/v1/users/me")
                await self._ask(me, "PATCH", f"/api/v1/posts/{author.post}", {"title": title})
                post = {"title": title, "body": "x", "status": "published"}
                if await self._ask(me, "POST", "/api/v1/posts", post) == 201:
                    self.acknowledged.add(title)
        finally:
            hang_up([me, anyone])

    async def _ask(self, connection: Connection, method: str, path: str, body: object = None) -> int:
        began, status = time.monotonic(), 0
        try:
            async with asyncio.timeout(PATIENCE):
                status, _ = await connection.call(method, path, body)
        except (OSError, EOFError):
            await asyncio.sleep(0.1)
        self.answers.append(Answer(began, time.monotonic() - began, status, f"{method} {path}"))
        return status


async def traffic_at(address: str, people: int = 8) -> Traffic:
    """So many people, signed up."""
    return Traffic(address, await make_authors(address, people))
