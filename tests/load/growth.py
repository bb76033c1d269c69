"""Does an instance grow with what it has served? ``python -m tests.load.growth``

After a warm-up, its memory, its tasks and its descriptors are looked at ten times while it serves everything at random.
``-n 1000000`` is the long run.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.faults.staleness import Author, hang_up, make_authors
from tests.faults.watched import Watched

PEOPLE = 16
LOOKS = 10
GROWTH = 0.15
"""Promised: by no larger part has its memory grown since the warm-up."""

POOLS = 40
"""Connections to the database that it may open meanwhile, and keep."""


def main() -> int:
    """Print what is seen; 1 if it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=20_000, help="requests")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-growth-") as folder, Rig(Path(folder)) as rig:
        return asyncio.run(grow(rig, Path(folder), options.n))


async def grow(rig: Rig, folder: Path, count: int) -> int:
    """Serve a tenth to warm up, then all of it."""
    watched = await Watched.started(rig, folder / "tasks")
    authors = await make_authors(watched.address, PEOPLE)
    await serve(watched.address, authors, count // LOOKS)
    memory, tasks, descriptors = await look(watched, "warm")
    for turn in range(1, LOOKS + 1):
        await serve(watched.address, authors, count // LOOKS)
        now = await look(watched, f"{turn * count // LOOKS} more")
    print(f"memory {now[0] / memory - 1:+.1%}, tasks {now[1] - tasks:+d}, descriptors {now[2] - descriptors:+d}")
    return int(now[0] > (1 + GROWTH) * memory or now[1] > tasks or now[2] > descriptors + POOLS)


async def look(watched: Watched, when: str) -> tuple[float, int, int]:
    """Memory, tasks, descriptors."""
    await asyncio.sleep(1)  # what was the last to be asked for is over
    seen = watched.memory(), len(await watched.tasks()), watched.descriptors()
    print(f"{when:<14} {seen[0]:6.1f} MiB, {seen[1]} tasks, {seen[2]} descriptors", flush=True)
    return seen


async def serve(address: str, authors: list[Author], count: int) -> None:
    """So many requests; one in a hundred is not waited for."""

    async def live(author: Author) -> None:
        me = Connection(address, author.token)
        for number in range(count // len(authors)):
            method, path, body = random.choice(
                (
                    ("GET", f"/api/v1/posts/{author.post}", None),
                    ("GET", f"/api/v1/posts?tag=t{random.randrange(100_000)}", None),
                    ("GET", f"/api/v1/posts/search?q=w{random.randrange(100_000)}", None),
                    ("GET", "/api/v1/users/me", None),
                    ("GET", f"/nowhere/{random.randrange(100_000)}", None),
                    ("PATCH", f"/api/v1/posts/{author.post}", {"title": f"T {number}"}),
                    ("POST", "/api/v1/posts", {"title": "T"}),
                )
            )
            asking = asyncio.ensure_future(me.call(method, path, body))
            if number % 100 == 99:
                await asyncio.sleep(0.001)
                asking.cancel()
            await asyncio.wait({asking})
        hang_up([me])

    await asyncio.gather(*(live(author) for author in authors))


if __name__ == "__main__":
    sys.exit(main())
