"""What readers do through two instances at once: counters equal the rows, and what was acknowledged is seen by all."""

import asyncio
import os
import random
from itertools import cycle
from typing import Any

import asyncpg
import pytest

from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.faults.staleness import hang_up
from tests.running import PASSWORD

pytestmark = pytest.mark.faults

READERS = int(os.environ.get("QUIRE_FAULT_READERS", "120"))
ROUNDS = int(os.environ.get("QUIRE_FAULT_ROUNDS", "15"))
AT_ONCE = 64
"""So many requests are never shed."""

PATIENT = {
    **dict.fromkeys(("QUIRE_DB_POOL_TIMEOUT", "QUIRE_DB_LOCK_TIMEOUT", "QUIRE_DB_STATEMENT_TIMEOUT"), "20"),
    "QUIRE_HTTP_DEADLINE": "30",
}
"""A crowd waits for one row, and machines are busy: this is about what is counted, not about how soon."""

COUNTED = """
    SELECT kind, count(*) FROM posts.reactions WHERE post_id = $1 AND withdrawn_at IS NULL GROUP BY kind
"""
KINDS = ("like", "love", "laugh", "wow", "sad")


async def join(address: str, name: str) -> tuple[str, str]:
    """The id and the token of somebody new."""
    stranger = Connection(address)
    form = {"email": f"{random.getrandbits(60)}@example.org", "password": PASSWORD, "name": name}
    status, user = await stranger.call("POST", "/api/v1/auth/register", form)
    assert status == 201, user
    _, tokens = await stranger.call("POST", "/api/v1/auth/login", {"email": form["email"], "password": PASSWORD})
    stranger.close()
    return user["id"], tokens["access_token"]


async def publish(author: Connection, title: str = "T") -> str:
    status, post = await author.call("POST", "/api/v1/posts", {"title": title, "body": "x", "status": "published"})
    assert status == 201
    post_id: str = post["id"]
    return post_id


async def seen(at: Connection, path: str) -> Any:  # Any: JSON
    status, body = await at.call("GET", path)
    assert status == 200, body
    return body


async def test_the_counters_of_a_crowd_on_two_instances_equal_the_rows(rig: Rig) -> None:
    addresses = [await rig.api(**PATIENT), await rig.api(**PATIENT)]
    database = await asyncpg.connect(rig.postgres.url)
    _, token = await join(addresses[0], "Author")
    author = Connection(addresses[0], token)
    post_id = await publish(author)
    hang_up([author])
    room = asyncio.Semaphore(AT_ONCE)

    async def fidget(number: int, address: str) -> None:
        """React and take it back, in several ways; in the end some do, some do not."""
        chance = random.Random(number)
        async with room:
            _, own = await join(address, "Reader")
            me = Connection(address, own)
            for _ in range(6):
                method, kind = chance.choice(["PUT", "PUT", "DELETE"]), chance.choice(KINDS)
                status, _ = await me.call(method, f"/api/v1/posts/{post_id}/reactions/{kind}")
                assert status == 204
            me.close()

    await asyncio.gather(*(fidget(*each) for each in zip(range(READERS), cycle(addresses), strict=False)))
    rows = {row["kind"]: row["count"] for row in await database.fetch(COUNTED, post_id)}
    assert sum(rows.values()) > READERS / 2
    for address in addresses:
        reader = Connection(address)
        post = await seen(reader, f"/api/v1/posts/{post_id}")
        (item,) = (await seen(reader, "/api/v1/posts"))["items"]
        assert post["reactions"] == rows
        assert item["reactions"] == post["reactions"]
        reader.close()
    print(f"{READERS} readers, {sum(rows.values())} reactions, counted exactly")
    await database.close()


async def test_a_reaction_or_comment_is_counted_for_the_next_reader_everywhere(rig: Rig) -> None:
    here, there = await rig.api(), await rig.api()
    _, token = await join(here, "Reader")
    one, other = Connection(here, token), Connection(there, token)
    post_id = await publish(one)
    checks = 0
    for turn in range(ROUNDS):
        writer, reader = (one, other) if turn % 2 else (other, one)
        for method, counted in (("PUT", {"like": 1}), ("DELETE", {})):
            status, _ = await writer.call(method, f"/api/v1/posts/{post_id}/reactions/like")
            assert status == 204
            for at in (reader, writer):
                assert (await seen(at, f"/api/v1/posts/{post_id}"))["reactions"] == counted
                assert (await seen(at, "/api/v1/posts"))["items"][0]["reactions"] == counted
                assert (await seen(at, "/api/v1/posts?sort=top"))["items"][0]["reactions"] == counted
                checks += 3
        status, _ = await writer.call("POST", f"/api/v1/posts/{post_id}/comments", {"body": "Ah"})
        assert status == 201
        for at in (reader, writer):
            assert (await seen(at, f"/api/v1/posts/{post_id}"))["comments_count"] == turn + 1
            assert (await seen(at, "/api/v1/posts"))["items"][0]["comments_count"] == turn + 1
            checks += 2
    hang_up([one, other])
    print(f"{checks} reads right after a change, none stale")


async def test_a_feed_is_right_after_each_change_everywhere(rig: Rig) -> None:
    here, there = await rig.api(), await rig.api()
    author_id, token = await join(here, "Author")
    authors = [Connection(address, token) for address in (here, there)]
    _, token = await join(there, "Reader")
    readers = [Connection(address, token) for address in (there, here)]
    checks = 0

    async def check(*expected: str) -> None:
        nonlocal checks
        for at in readers:
            assert [each["id"] for each in (await seen(at, "/api/v1/posts/feed"))["items"]] == list(expected)
            checks += 1

    for turn in range(ROUNDS):
        author, reader = authors[turn % 2], readers[turn % 2]
        follow = f"/api/v1/users/{author_id}/follow"
        await check()
        assert (await reader.call("PUT", follow))[0] == 204
        post_id = await publish(author)
        await check(post_id)
        assert (await reader.call("DELETE", follow))[0] == 204
        await check()
        assert (await reader.call("PUT", follow))[0] == 204
        await check(post_id)
        for act, expected in (("unpublish", ()), ("publish", (post_id,))):
            assert (await author.call("POST", f"/api/v1/posts/{post_id}/{act}"))[0] == 200
            await check(*expected)
        assert (await author.call("DELETE", f"/api/v1/posts/{post_id}"))[0] == 204
        await check()
        assert (await reader.call("DELETE", follow))[0] == 204
    hang_up([*authors, *readers])
    print(f"{checks} feeds right after a change, none stale")
