"""How soon people are told: ``python -m tests.load.notifying``, on real processes and servers of its own.

From the acknowledgement of an act to the notification in the inbox of whoever is concerned: when all is quiet, while a
post is told to 100,000 followers, and among jobs that always fail. And how long those followers take.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import permutations
from pathlib import Path
from statistics import median, quantiles

import asyncpg
import msgspec

from app.seeding import seed
from kernel.db import new_id
from kernel.demo import Demo
from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.running import eventually

PEOPLE = 60
POISON = """
    INSERT INTO kernel.outbox (id, topic, subscriber, payload)
    SELECT id, 'kernel.mail_queued', 'kernel.mail.delivery.send',
           jsonb_build_object('type', 'kernel.mail_queued', 'event_id', id, 'mail_id', 'not an id')
    FROM unnest($1::uuid[]) AS id
"""
TOLD = "SELECT 1 FROM notifications.notifications WHERE recipient_id = $1 AND actor_id = $2"
REACHED = "SELECT count(*) FROM notifications.notifications WHERE type = 'post_published' AND target_id = $1"
OPEN = "SELECT count(*) FROM kernel.outbox WHERE done_at IS NULL AND dead_at IS NULL"
DEAD = "SELECT count(*) FROM kernel.outbox WHERE dead_at IS NOT NULL"


class Person(msgspec.Struct, frozen=True):
    """Somebody who is signed in."""

    id: str
    token: str


class Delays:
    """What people had to wait for, in milliseconds."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.all: list[float] = []

    def __str__(self) -> str:
        if len(self.all) < 2:
            return f"{self._name:<34} over before anybody else was told"
        centiles = quantiles(self.all, n=100)
        figures = f"p50 {median(self.all):6.0f} ms  p95 {centiles[94]:6.0f} ms  p99 {centiles[98]:6.0f} ms"
        return f"{self._name:<34} {figures}  ({len(self.all)} told)"


class Product:
    """The product, running, and people who follow each other on it."""

    def __init__(self, address: str, database: asyncpg.Pool, people: Sequence[Person]) -> None:
        self.address = address
        pairs = list(permutations(people, 2))
        random.Random(4).shuffle(pairs)
        self._pairs: Iterator[tuple[Person, Person]] = iter(pairs)
        self.database = database
        self.people = people

    async def measure(self, name: str, while_true: Callable[[], Awaitable[bool]], *, pause: float = 0.2) -> Delays:
        """One person after the other follows somebody, as long as it is so."""
        delays = Delays(name)
        waiting: list[asyncio.Task[None]] = []
        while await while_true():
            waiting.append(asyncio.create_task(self._follow(delays, *next(self._pairs))))
            await asyncio.sleep(pause)
        await asyncio.gather(*waiting)
        return delays

    async def _follow(self, delays: Delays, follower: Person, followee: Person) -> None:
        own = Connection(self.address, follower.token)
        status, _ = await own.call("PUT", f"/api/v1/users/{followee.id}/follow")
        acknowledged = time.monotonic()
        own.close()
        if status != 204:
            raise RuntimeError(f"PUT follow: {status}")
        while not await self.database.fetchval(TOLD, followee.id, follower.id):  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.005)
        delays.all.append((time.monotonic() - acknowledged) * 1000)


def for_seconds(seconds: float) -> Callable[[], Awaitable[bool]]:
    """True so long."""
    until = time.monotonic() + seconds

    async def not_yet() -> bool:
        return time.monotonic() < until

    return not_yet


async def sign_in(address: str, database: asyncpg.Pool) -> list[Person]:
    """Some of the demo people, who follow nobody any more."""
    rows = await database.fetch("SELECT id, email FROM users.users ORDER BY id LIMIT $1", PEOPLE)
    await database.execute("DELETE FROM users.follows")
    people = []
    for row in rows:
        at = Connection(address)
        body = {"email": row["email"], "password": Demo.password}
        _, tokens = await at.call("POST", "/api/v1/auth/login", body)
        at.close()
        people.append(Person(str(row["id"]), tokens["access_token"]))
    return people


async def fan_out(product: Product, author: Person, followers: int) -> tuple[float, Delays]:
    """Publish a post of somebody whom so many follow: the seconds until all are told, and how others fared."""
    rows = [(new_id(), new_id(), author.id) for _ in range(followers)]
    async with product.database.acquire() as connection:
        await connection.copy_records_to_table(
            "follows", schema_name="users", columns=["id", "follower_id", "followee_id"], records=rows
        )
        await connection.execute("ANALYZE users.follows")
    body = {"title": "To all of you", "body": "x", "status": "published"}
    _, post = await Connection(product.address, author.token).call("POST", "/api/v1/posts", body)
    began, done = time.monotonic(), 0.0

    async def goes_on() -> bool:
        nonlocal done
        if await product.database.fetchval(REACHED, post["id"]) < followers:
            return True
        done = time.monotonic() - began
        return False

    others = await product.measure(f"while {followers:,} followers are told", goes_on)
    return done, others


async def poison(product: Product, jobs: int) -> Delays:
    """The same while so many jobs fail, again and again, until they are given up."""
    dead = jobs + await product.database.fetchval(DEAD)
    await product.database.execute(POISON, [new_id() for _ in range(jobs)])

    async def goes_on() -> bool:
        return bool(await product.database.fetchval(DEAD) < dead)

    return await product.measure(f"while {jobs} of all jobs always fail", goes_on)


async def run(options: argparse.Namespace, rig: Rig) -> None:
    """All of it, one after the other."""
    address = await rig.api()
    for _ in range(options.workers):
        rig.worker()
    async with asyncpg.create_pool(rig.postgres.url, min_size=4, max_size=12) as database:
        product = Product(address, database, await sign_in(address, database))
        await product.measure("warm-up", for_seconds(3))
        await fan_out(product, product.people[1], options.followers)
        await database.execute("ANALYZE")  # new tables grow by day, not in seconds, and PostgreSQL does it by itself
        print(await product.measure("when all is quiet", for_seconds(options.seconds)), flush=True)
        seconds, others = await fan_out(product, product.people[0], options.followers)
        print(f"{options.followers:,} followers told in {seconds:.1f} s", flush=True)
        print(others, flush=True)
        for jobs in (1, options.poison):
            print(await poison(product, jobs), flush=True)

        async def nothing_open() -> bool:
            return not await database.fetchval(OPEN)

        await eventually(nothing_open, 60)
        print(f"{await database.fetchval(DEAD)} jobs dead and visible, nothing else open")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.notifying", description=__doc__)
    parser.add_argument("--followers", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=15, help="of the quiet measurement")
    parser.add_argument("--poison", type=int, default=200, help="jobs that always fail")
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    patience = {"QUIRE_AUTH_ACCESS_TOKEN_TTL": "36000", "QUIRE_JOBS_MAX_ATTEMPTS": "3"}
    with tempfile.TemporaryDirectory(prefix="quire-notifying-") as name, Rig(Path(name), **patience) as rig:
        seed(rig.env, users=PEOPLE, posts=1, advance=lambda *_: None)
        asyncio.run(run(options, rig))


if __name__ == "__main__":
    main()
