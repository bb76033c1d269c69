"""What was deleted or taken back is never seen again, on any instance; a walk meets each post that stays once."""

import asyncio
import os
import random
from collections.abc import Sequence

import pytest

from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.faults.staleness import Author, hang_up, make_authors

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("QUIRE_FAULT_ROUNDS", "25"))
CHANGES = int(os.environ.get("QUIRE_FAULT_CHANGES", "200"))
WRITERS, READERS = 4, 8
POSTS = "/api/v1/posts"


async def test_what_is_gone_is_never_seen_again(rig: Rig) -> None:
    rig.worker()
    addresses = [await rig.api(), await rig.api()]
    authors = await make_authors(addresses[0], WRITERS)
    over = asyncio.Event()
    reading = [asyncio.create_task(look_all_the_time(addresses, over)) for _ in range(READERS)]
    seen = await asyncio.gather(*(come_and_go(author, addresses) for author in authors))
    over.set()
    looks = sum(await asyncio.gather(*reading))
    assert [each for found in seen for each in found] == []
    print(f"{WRITERS * ROUNDS} posts came and went among {looks} looks at the lists, none was seen afterwards")


async def look_all_the_time(addresses: Sequence[str], over: asyncio.Event) -> int:
    """Keeps filling the cache with what will not be true for long; how often."""
    connections = [Connection(address) for address in addresses]
    looks = 0
    while not over.is_set():
        await random.choice(connections).call("GET", random.choice([POSTS, f"{POSTS}?sort=top", f"{POSTS}?limit=100"]))
        looks += 1
    hang_up(connections)
    return looks


async def come_and_go(author: Author, addresses: Sequence[str]) -> list[str]:
    """Publish a post, see it everywhere, take it away, look everywhere; where it was although it was gone."""
    signed_in = [Connection(address, author.token) for address in addresses]
    anybody = [Connection(address) for address in addresses]
    wrong: list[str] = []
    for number in range(ROUNDS):
        form = {"title": "Here", "body": "x", "tags": ["a"], "status": "published"}
        status, post = await random.choice(signed_in).call("POST", POSTS, form)
        assert status == 201
        lists = (POSTS, f"{POSTS}?author={author.id}", f"{POSTS}?tag=a", f"{POSTS}?limit=100&include_total=true")
        single = (f"{POSTS}/{post['id']}", f"{POSTS}/by-slug/{post['slug']}")
        for reader in anybody:
            _, page = await reader.call("GET", lists[1])
            if post["id"] not in {item["id"] for item in page["items"]}:
                wrong.append(f"{lists[1]} does not show what was published")
        method, path = ("DELETE", single[0]) if number % 2 else ("POST", f"{single[0]}/unpublish")
        status, _ = await random.choice(signed_in).call(method, path)
        assert status in {200, 204}
        for reader in anybody:
            for path in lists:
                _, page = await reader.call("GET", path)
                if post["id"] in {item["id"] for item in page["items"]}:
                    wrong.append(f"{path} after {method}")
            for path in single:
                status, _ = await reader.call("GET", path)
                if status != 404:
                    wrong.append(f"{path} after {method}: {status}")
    hang_up([*signed_in, *anybody])
    return wrong


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_walk_meets_each_post_that_stays_once_while_others_come_and_go(rig: Rig, sort: str) -> None:
    address = await rig.api()
    [author] = await make_authors(address, 1)
    writer, reader = Connection(address, author.token), Connection(address)
    stay: list[str] = []
    leave: list[str] = []
    for number in range(CHANGES):
        _, post = await writer.call("POST", POSTS, {"title": "T", "body": "x", "status": "published"})
        (leave if number % 2 else stay).append(post["id"])

    async def come_and_leave() -> None:
        for post_id in leave:
            await writer.call("POST", POSTS, {"title": "T", "body": "x", "status": "published"})
            await writer.call("DELETE", f"{POSTS}/{post_id}")

    changing = asyncio.create_task(come_and_leave())
    walks = 0
    while not changing.done():
        walked, path = [], f"{POSTS}?sort={sort}&limit=7"
        cursor = ""
        while cursor is not None:
            _, page = await reader.call("GET", path + (f"&cursor={cursor}" if cursor else ""))
            walked += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert len(walked) == len(set(walked))
        assert set(stay) <= set(walked)
        walks += 1
    await changing
    hang_up([writer, reader])
    print(f"{walks} walks during {2 * len(leave)} changes")
    assert walks
