"""What repeats itself while nobody looks is told once, of all who did it."""

import asyncio

import httpx
import pytest

from kernel.runtime import Runtime
from tests.callers import Caller, caller, person
from tests.notifications.delivering import Counts, counts, followed_by, gather, reacted, somebodys_post
from tests.notifications.integration.test_inbox import INBOX, inbox
from tests.notifications.integration.test_marks import mark, unread
from tests.posts.fakes import FakePosts
from tests.users.fakes import FakeUsers

NAMES = ["Bob", "Cleo", "Dan", "Eve"]


@pytest.fixture
def crowd(users: FakeUsers) -> list[Caller]:
    callers = [caller(name) for name in NAMES]
    users.people |= {each.user.id: each.user for each in callers}
    return callers


async def test_followers_are_told_of_together(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, crowd: list[Caller]
) -> None:
    titles, ids = [], set()
    for each in crowd:
        await gather(runtime, followed_by(each.user), ann.user.id)
        [item] = await inbox(http, ann)
        titles.append((item["title"], item["count"], item["actor"]["name"]))
        ids.add(item["id"])
        assert await unread(http, ann) == 1
    assert titles == [
        ("Bob follows you", 1, "Bob"),
        ("Cleo and 1 other follow you", 2, "Cleo"),
        ("Dan and 2 others follow you", 3, "Dan"),
        ("Eve and 3 others follow you", 4, "Eve"),
    ]
    assert len(ids) == len(crowd)


async def test_reactions_are_told_of_together_post_by_post(
    http: httpx.AsyncClient, runtime: Runtime, posts: FakePosts, ann: Caller, crowd: list[Caller]
) -> None:
    one, other = somebodys_post("One"), somebodys_post("Other")
    posts.posts = {one.id: one, other.id: other}
    for each in crowd:
        await gather(runtime, reacted(each.user, one), ann.user.id)
    await gather(runtime, reacted(crowd[0].user, other), ann.user.id)
    assert [(item["title"], item["body"]) for item in await inbox(http, ann)] == [
        ("Bob reacted to your post", "Other"),
        ("Eve and 3 others reacted to your post", "One"),
    ]
    assert await counts(runtime, ann.user.id) == Counts(2, 2, 2)


async def test_what_somebody_does_again_counts_once(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, crowd: list[Caller]
) -> None:
    bob, cleo, *_ = crowd
    for each in (bob, cleo, bob, bob):
        await gather(runtime, followed_by(each.user), ann.user.id)
    [item] = await inbox(http, ann)
    assert (item["title"], item["count"]) == ("Bob and 1 other follow you", 2)


@pytest.mark.parametrize("act", ["read", "archive", "delete"])
async def test_what_was_seen_is_not_added_to(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, crowd: list[Caller], act: str
) -> None:
    bob, cleo, dan, _ = crowd
    for each in (bob, cleo):
        await gather(runtime, followed_by(each.user), ann.user.id)
    [seen] = await inbox(http, ann)
    if act == "delete":
        await http.delete(f"{INBOX}/{seen['id']}", headers=ann.headers)
    else:
        await mark(http, ann, seen["id"], act)
    await gather(runtime, followed_by(dan.user), ann.user.id)
    newest, *_ = await inbox(http, ann)
    assert (newest["title"], newest["count"], await unread(http, ann)) == ("Dan follows you", 1, 1)


async def test_marking_what_was_replaced_meanwhile_does_not_swallow_what_came(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, crowd: list[Caller]
) -> None:
    bob, cleo, *_ = crowd
    await gather(runtime, followed_by(bob.user), ann.user.id)
    [seen] = await inbox(http, ann)
    await gather(runtime, followed_by(cleo.user), ann.user.id)
    for act in ("read", "archive"):
        await mark(http, ann, seen["id"], act)
    assert (await http.delete(f"{INBOX}/{seen['id']}", headers=ann.headers)).status_code == 204
    [item] = await inbox(http, ann)
    assert (item["count"], item["read_at"], await unread(http, ann)) == (2, None, 1)


async def test_an_event_that_comes_again_counts_once(runtime: Runtime, ann: Caller, crowd: list[Caller]) -> None:
    news = [followed_by(each.user) for each in crowd] * 5
    told = await asyncio.gather(*(gather(runtime, each, ann.user.id) for each in news))
    assert sorted(told) == [0] * 16 + [1, 2, 3, 4]
    assert await counts(runtime, ann.user.id) == Counts(1, 1, 1)


async def test_numbers_are_exact_while_they_are_read_and_told_at_once(
    http: httpx.AsyncClient, runtime: Runtime, users: FakeUsers, ann: Caller
) -> None:
    followers = [person(f"Reader{number}") for number in range(30)]
    users.people |= {each.id: each for each in followers}

    async def read_what_is_there() -> None:
        for item in await inbox(http, ann):
            await mark(http, ann, item["id"], "read")

    await asyncio.gather(
        *(gather(runtime, followed_by(each), ann.user.id) for each in followers),
        *(read_what_is_there() for _ in range(10)),
    )
    told = await inbox(http, ann, limit=100)
    assert sum(item["count"] for item in told) == len(followers)
    after = await counts(runtime, ann.user.id)
    assert after.unread == after.inbox == await unread(http, ann)
