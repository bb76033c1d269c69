"""Lists of posts, page by page."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import permutations
from typing import Any

import httpx
import msgspec
import pytest

from kernel.pagination import encode_cursor
from kernel.reads import Reader
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.posts.repositories import PostFilters
from modules.posts.services import PostReads
from tests.callers import Caller
from tests.databases import own_database
from tests.posts.integration.conftest import People
from tests.posts.listing import BEGIN, NOBODY, at, ids, listed, published, walk
from tests.posts.writing import POSTS, alter
from tests.problems import refusal
from tests.users.fakes import FakeDirectory


async def test_a_page_has_twenty_items_unless_told_otherwise(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 21)
    assert await listed(http) == made[:0:-1]
    assert await listed(http, limit=1) == made[-1:]


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_walk_sees_each_post_once_whatever_the_size_of_a_page(
    http: httpx.AsyncClient, ann: Caller, sort: str
) -> None:
    made = await published(http, ann, 12)
    for limit in (1, 2, 3, 11, 12, 13, 100):
        assert await walk(http, sort=sort, limit=limit) == (made if sort == "oldest" else made[::-1])


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_posts_of_one_moment_are_all_seen(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, sort: str
) -> None:
    made = await published(http, ann, 9)
    for post_id in made[2:7]:
        await at(runtime, post_id, BEGIN)
    for limit in (1, 2, 4):
        walked = await walk(http, sort=sort, limit=limit)
        assert (len(walked), set(walked)) == (9, set(made))


async def test_posts_with_as_many_reactions_are_all_seen(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime
) -> None:
    made = await published(http, ann, 9)
    for post_id in made[2:7]:
        await alter(runtime, post_id, reactions_count=2)
    for limit in (1, 2, 4):
        walked = await walk(http, sort="top", limit=limit)
        assert (set(walked[:5]), walked[5:]) == (set(made[2:7]), [made[8], made[7], made[1], made[0]])


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_walk_among_new_posts_sees_each_that_was_there_once(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, sort: str
) -> None:
    made = await published(http, ann, 15)
    walks = [walk(http, sort=sort, limit=limit) for limit in (1, 4)]
    *walked_ids, _ = await asyncio.gather(*walks, published(http, bob, 40))
    for walked in walked_ids:
        assert len(walked) == len(set(walked))
        assert set(made) <= set(walked)


async def test_the_link_leads_on_with_the_same_filters(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 3)
    first = await http.get(POSTS, params={"limit": 2, "author": "ann", "sort": "oldest"})
    address, relation = first.headers["Link"].split("; ")
    second = await http.get(address.strip("<>"))
    assert (ids(first), relation, ids(second)) == (made[:2], 'rel="next"', made[2:])
    assert "Link" not in second.headers


POSITION = (BEGIN, NOBODY)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "null",
        "e30",
        "W10",
        "\x00",
        "é",
        "x" * 5_000,
        encode_cursor("feed", *POSITION),
        encode_cursor("posts newest", POSITION[1]),
        encode_cursor("own posts", POSITION[1]),
        encode_cursor("posts newest", *POSITION, 1),
        encode_cursor("posts newest", BEGIN.replace(tzinfo=None), POSITION[1]),
        encode_cursor("posts newest", BEGIN.replace(year=1999), POSITION[1]),
        encode_cursor("posts newest", "2026-01-01", POSITION[1]),
        encode_cursor("posts newest", BEGIN, "' OR 1=1 --"),
        encode_cursor("posts newest", *POSITION) + "=",
        encode_cursor("posts newest", *POSITION) + "A",
        encode_cursor("posts newest", *POSITION)[:-1],
        encode_cursor("posts newest", *POSITION).swapcase(),
        encode_cursor("posts oldest", *POSITION),
        encode_cursor("posts top", *POSITION),
    ],
)
async def test_a_cursor_of_anything_else_is_refused(http: httpx.AsyncClient, cursor: str) -> None:
    for others in ({}, {"author": "nobody"}):
        assert refusal(await http.get(POSTS, params={"cursor": cursor, **others})) == (400, "invalid_cursor")


async def test_a_cursor_belongs_to_the_order_that_it_was_made_for(http: httpx.AsyncClient, ann: Caller) -> None:
    await published(http, ann, 2)
    for sort, other in permutations(["newest", "oldest", "top"], 2):
        cursor = (await http.get(POSTS, params={"limit": 1, "sort": sort})).json()["next_cursor"]
        assert len(await listed(http, sort=sort, cursor=cursor)) == 1
        assert refusal(await http.get(POSTS, params={"sort": other, "cursor": cursor})) == (400, "invalid_cursor")


@pytest.fixture
async def lagging() -> AsyncGenerator[str]:
    """The address of a replica that has heard of no post yet."""
    async with own_database("lagging") as url:
        yield url


async def test_no_page_is_read_from_a_replica_only_the_total_of_a_later_one(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, settings: KernelSettings, everybody: People, lagging: str
) -> None:
    made = await published(http, ann, 3)
    reader = Reader(settings.database_url, settings.db, replica_url=lagging)
    reads = PostReads(reader, runtime.cache, FakeDirectory(everybody))

    async def page(cursor: str | None) -> dict[str, Any]:  # Any: JSON
        shown = await reads.page(PostFilters(), author=None, cursor=cursor, limit=2, include_total=True)
        found: dict[str, Any] = msgspec.json.decode(shown.body)  # Any: JSON
        return found

    first = await page(None)
    second = await page(first["next_cursor"])
    await reader.close()
    assert [each["id"] for each in (*first["items"], *second["items"])] == made[::-1]
    assert (first["total"], second["total"]) == (3, 0)


async def test_a_cursor_outlives_the_post_that_it_was_made_from(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 4)
    cursor = (await http.get(POSTS, params={"limit": 2})).json()["next_cursor"]
    await http.post(f"{POSTS}/{made[2]}/archive", headers=ann.headers)
    assert await listed(http, cursor=cursor) == made[1::-1]
