"""How long a search takes beside a list, and a list while readers react: ``python -m tests.load.search [posts]``.

Pairs of requests, one after the other on one connection, so that both meet the same weather; quote the ratios.
"""

import asyncio
import random
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

from kernel.demo import OBJECTS, SUBJECTS, VERBS
from tests.faults.http import Connection
from tests.load.servers import Data, Process, servers

PAIRS = 400
WORDS = [word for text in (*SUBJECTS, *VERBS, *OBJECTS, "python craft gardening") for word in text.split()]
RARE = ["zyzzyva", "0123456789", "%", "colophon"]


async def timed(connection: Connection, path: str) -> float:
    """Milliseconds."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, body = await connection.call("GET", path)
    assert status == 200, body
    return (loop.time() - began) * 1_000


def p95(times: list[float]) -> float:
    """Nineteen of twenty are not slower."""
    return statistics.quantiles(times, n=20)[-1]


def told(name: str, times: list[float], beside: list[float]) -> str:
    """One line of the table."""
    medians = statistics.median(times) / statistics.median(beside)
    figures = f"p50 {statistics.median(times):6.1f} ms  p95 {p95(times):6.1f} ms"
    return f"{name:34} {figures}   {medians:4.1f} and {p95(times) / p95(beside):4.1f} times the list"


async def search(process: Process, data: Data) -> None:
    """Words that are everywhere, several of them, and some that are nowhere."""
    connection, chance = Connection(process.address), random.Random(4)
    kinds: Mapping[str, list[float]] = {name: [] for name in ("one word", "two words", "three words", "rare words")}
    every: list[float] = []
    lists: list[float] = []
    for number in range(PAIRS):
        name = list(kinds)[number % 4]
        words = [chance.choice(RARE)] if name == "rare words" else chance.sample(WORDS, number % 4 + 1)
        after = chance.choice(data.posts[20 : len(data.posts) // 2])
        pair = (f"/api/v1/posts/search?{urlencode({'q': ' '.join(words)})}", f"/api/v1/posts?cursor={after.cursor}")
        for path in chance.sample(pair, 2):
            milliseconds = await timed(connection, path)
            if path == pair[1]:
                lists.append(milliseconds)
            elif number >= 8:
                kinds[name].append(milliseconds)
                every.append(milliseconds)
    print(told("a page of the list, not cached", lists, lists))
    for name, times in kinds.items():
        print(told(f"search: {name}", times, lists))
    print(told("search: all", every, lists))


async def storm(process: Process, data: Data) -> None:
    """The cached first page while somebody reacts without a pause."""
    person = data.posts[0].email
    reader, reacting = Connection(process.address), Connection(process.address, process.log_in(person)["access_token"])
    quiet = [await timed(reader, "/api/v1/posts") for _ in range(PAIRS)]
    reactions, goes_on = 0, True

    async def react() -> None:
        nonlocal reactions
        while goes_on:
            for method in ("PUT", "DELETE"):
                await reacting.call(method, f"/api/v1/posts/{data.posts[reactions % 20].id}/reactions/like")
                reactions += 1

    crowd = asyncio.create_task(react())
    loop = asyncio.get_running_loop()
    began = loop.time()
    loud = [await timed(reader, "/api/v1/posts") for _ in range(PAIRS)]
    rate = reactions / (loop.time() - began)
    goes_on = False
    await crowd
    print(told("the first page, cached", quiet, quiet))
    print(told(f"... at {rate:.0f} reactions a second", loud, quiet))


def main() -> None:
    """On servers of its own."""
    posts = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, servers(Path(folder), posts=posts) as (env, data):
        process = Process("ours", env)
        process.start()
        try:
            print(f"{posts} posts")
            asyncio.run(search(process, data))
            asyncio.run(storm(process, data))
        finally:
            process.stop()


if __name__ == "__main__":
    main()
