"""How deep a page may lie: every list of posts, page 1 beside one far inside. ``python -m tests.load.depth``.

What PostgreSQL and the reader take for a page that no cache holds. The goal: page 5,000 costs at most 1.2 × page 1.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
import msgspec

from app.embedded import Servers
from app.migrations import upgrade
from app.seeding import seed
from kernel.reads import Reader
from kernel.settings import KernelSettings
from modules.posts.repositories import Order, PostFilters, page_query
from tests.app.children import clean_env

PAGE = 20
GOAL = 1.2
REACTIONS = "UPDATE posts.posts SET reactions_count = floor(1000 * random() ^ 3)"

ORDERS: Mapping[Order, str] = {
    "newest": "published_at DESC, id DESC",
    "oldest": "published_at, id",
    "top": "reactions_count DESC, id DESC",
}


class Depth(msgspec.Struct, frozen=True):
    """One list, and how long its pages take, in milliseconds."""

    title: str
    page: int
    first: float
    deep: float


async def measure(settings: KernelSettings, options: argparse.Namespace) -> list[Depth]:
    """Every list in turn."""
    connection = await asyncpg.connect(settings.database_url, command_timeout=600)
    await connection.execute(REACTIONS)
    await connection.execute("VACUUM ANALYZE posts.posts")
    author = await connection.fetchval("SELECT author_id FROM posts.posts LIMIT 1")
    reader = Reader(settings.database_url, settings.db)
    found = []
    for order in ORDERS:
        for filters, where in (
            (PostFilters(order=order), "true"),
            (PostFilters(order=order, tag="tools"), "tags @> '{tools}'"),
            (PostFilters(order=order, author_id=author), f"author_id = '{author}'"),
        ):
            count = await connection.fetchval(f"SELECT count(*) FROM posts.posts WHERE {where}")
            page = min(options.page, count // PAGE - 1)
            place = await connection.fetchrow(
                f"SELECT published_at, reactions_count, id FROM posts.posts WHERE {where}"
                f" ORDER BY {ORDERS[order]} OFFSET {(page - 1) * PAGE - 1} LIMIT 1"
            )
            assert place is not None
            first, deep = await compare(reader, filters, dict(place), options.times)
            title = f"{order}, {'all' if where == 'true' else where.partition(' ')[0]}"
            found.append(Depth(title, page, first, deep))
            print(found[-1], file=sys.stderr, flush=True)
    await reader.close()
    await connection.close()
    return found


async def compare(
    reader: Reader,
    filters: PostFilters,
    place: Mapping[str, Any],  # Any: values of any type of PostgreSQL
    times: int,
) -> tuple[float, float]:
    """Page 1 and the page after ``place``, in turn."""
    given = filters.given()
    after = place["reactions_count"] if filters.order == "top" else place["published_at"]
    queries = [
        page_query(frozenset(given), filters.order, further=further, rows=PAGE + 1, tag=filters.tag)
        for further in (False, True)
    ]
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for query, times_taken in zip(queries, taken, strict=True):
            began = time.perf_counter()
            rows = await reader.all(query, **given, after=after, after_id=place["id"])
            times_taken.append(1000 * (time.perf_counter() - began))
            assert len(rows) == PAGE + 1
    first, deep = (quantiles(each)[0] for each in taken)  # the lower quartile: what else a machine does only adds
    return first, deep


def main() -> None:
    """Fill servers of our own, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    parser.add_argument("--page", type=int, default=5_000)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-depth-") as name, Servers(Path(name), durable=False) as own:
        upgrade(own.database_url)
        env = clean_env(
            QUIRE_ENV="test", QUIRE_SECRET_KEY="0" * 32, QUIRE_AUTH_BCRYPT_ROUNDS="4", QUIRE_MAIL_URL=f"file:{name}"
        )
        env |= {"DATABASE_URL": own.database_url, "REDIS_URL": own.redis_url, "QUIRE_DB_STATEMENT_TIMEOUT": "60"}
        seed(env, users=100, posts=options.posts, advance=lambda _, __: None)
        depths = asyncio.run(measure(KernelSettings.from_env(env), options))
    print("| List | page | page 1, ms | that page, ms | ratio |\n| --- | --- | --- | --- | --- |")
    for each in depths:
        print(f"| {each.title} | {each.page:,} | {each.first:.2f} | {each.deep:.2f} | {each.deep / each.first:.2f} |")
    if any(each.deep / each.first > GOAL for each in depths):
        sys.exit("a page costs more the deeper it lies")


if __name__ == "__main__":
    main()
