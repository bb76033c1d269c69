"""What those have published whom one follows."""

from datetime import datetime
from uuid import UUID

import httpx
import pytest

from kernel.runtime import Runtime
from tests.callers import Caller, caller
from tests.posts.integration.conftest import People
from tests.posts.listing import ids, published
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import refusal
from tests.users.fakes import FakeFollows

FEED = f"{POSTS}/feed"


def follow(follows: FakeFollows, follower: Caller, *followees: Caller) -> None:
    follows.pairs.update({(follower.user.id, followee.user.id): None for followee in followees})


async def feed(http: httpx.AsyncClient, who: Caller, **parameters: str | int) -> list[str]:
    return ids(await http.get(FEED, params=parameters, headers=who.headers))


async def test_a_feed_has_what_one_follows(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, follows: FakeFollows
) -> None:
    cat = caller("Cat")
    first = await publish(http, ann)
    await publish(http, cat)
    second = await publish(http, ann)
    assert await feed(http, bob) == []
    follow(follows, bob, ann)
    assert await feed(http, bob) == [second["id"], first["id"]]
    assert await feed(http, ann) == []
    follows.pairs.clear()
    assert await feed(http, bob) == []


async def test_a_feed_has_what_is_public(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, follows: FakeFollows
) -> None:
    follow(follows, bob, ann)
    draft = await write(http, ann)
    assert await feed(http, bob) == []
    address = f"{POSTS}/{draft['id']}"
    for method, path, shown in (
        ("POST", "/publish", True),
        ("POST", "/unpublish", False),
        ("POST", "/publish", True),
        ("DELETE", "", False),
        ("POST", "/restore", True),
    ):
        assert (await http.request(method, address + path, headers=ann.headers)).status_code < 300
        assert await feed(http, bob) == [draft["id"]] * shown


async def test_a_feed_comes_in_pages_across_authors(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, follows: FakeFollows, users: People, runtime: Runtime
) -> None:
    crowd = [caller(f"Writer{number}") for number in range(4)]
    follow(follows, bob, *crowd)
    written = []
    for turn in range(3):
        for number, who in enumerate(crowd):
            if turn < number:
                written += await published(http, who, 1)
    same = written[2:4]  # two at one moment: their ids decide
    moment = (await http.get(f"{POSTS}/{same[0]}")).json()["published_at"]
    await alter(runtime, same[1], published_at=datetime.fromisoformat(moment))
    expected, found = written[::-1], []
    page = await http.get(FEED, params={"limit": 2}, headers=bob.headers)
    await publish(http, crowd[0])
    while True:
        found += ids(page)
        if (cursor := page.json()["next_cursor"]) is None:
            break
        page = await http.get(FEED, params={"limit": 2, "cursor": cursor}, headers=bob.headers)
    assert found == expected


async def test_a_feed_is_private(http: httpx.AsyncClient, ann: Caller, bob: Caller, follows: FakeFollows) -> None:
    follow(follows, bob, ann)
    post = await publish(http, ann)
    answer = await http.get(FEED, headers=bob.headers)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Authorization")
    assert answer.json()["items"] == (await http.get(POSTS)).json()["items"]
    assert answer.json()["items"][0]["id"] == post["id"]
    assert refusal(await http.get(FEED)) == (401, "not_authenticated")


@pytest.mark.parametrize("cursor", ["x", "", "WyJhIl0"])
async def test_a_cursor_comes_from_a_feed(http: httpx.AsyncClient, bob: Caller, cursor: str) -> None:
    answer = await http.get(FEED, params={"cursor": cursor}, headers=bob.headers)
    assert refusal(answer) == (400, "invalid_cursor")


async def test_of_very_many_whom_one_follows_the_newest_count(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, follows: FakeFollows
) -> None:
    post = await publish(http, ann)
    follow(follows, bob, ann)
    for number in range(999):
        follows.pairs[bob.user.id, UUID(int=number)] = None
    assert await feed(http, bob) == [post["id"]]
    follows.pairs[bob.user.id, UUID(int=999)] = None
    assert await feed(http, bob) == []
