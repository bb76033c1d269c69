"""Reacting to posts: counters that are true, whoever reacts at the same time."""

import asyncio
import random

import httpx
import pytest
from sqlalchemy import func, select

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.posts import ReactionAdded
from modules.posts.models import PostRow, ReactionRow
from tests.callers import Caller, caller
from tests.posts.integration.conftest import People
from tests.posts.listing import listed
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import refusal

KINDS = ("like", "love", "laugh", "wow", "sad")


async def react(http: httpx.AsyncClient, who: Caller, post_id: str, kind: str = "like") -> None:
    answer = await http.put(f"{POSTS}/{post_id}/reactions/{kind}", headers=who.headers)
    assert (answer.status_code, answer.content) == (204, b"")


async def withdraw(http: httpx.AsyncClient, who: Caller, post_id: str, kind: str = "like") -> None:
    answer = await http.delete(f"{POSTS}/{post_id}/reactions/{kind}", headers=who.headers)
    assert (answer.status_code, answer.content) == (204, b"")


async def counted(http: httpx.AsyncClient, post_id: str) -> dict[str, int]:
    reactions: dict[str, int] = (await http.get(f"{POSTS}/{post_id}")).json()["reactions"]
    return reactions


async def true_counts(runtime: Runtime) -> dict[str, int]:
    """What the rows say."""
    async with runtime.database.unit_of_work() as uow:
        counts = select(ReactionRow.kind, func.count()).where(ReactionRow.withdrawn_at.is_(None))
        return dict((await uow.session.execute(counts.group_by(ReactionRow.kind))).tuples().all())


async def test_everybody_counts_once_for_each_kind(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    for who, kind in ((ann, "like"), (bob, "like"), (bob, "like"), (bob, "wow")):
        await react(http, who, post["id"], kind)
    assert await counted(http, post["id"]) == {"like": 2, "wow": 1}
    await withdraw(http, bob, post["id"])
    await withdraw(http, bob, post["id"])
    await withdraw(http, ann, post["id"], "sad")
    assert await counted(http, post["id"]) == {"like": 1, "wow": 1}
    await withdraw(http, bob, post["id"], "wow")
    assert await counted(http, post["id"]) == {"like": 1}
    assert (await http.get(POSTS)).json()["items"][0]["reactions"]["like"] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_there_are_five_kinds(http: httpx.AsyncClient, ann: Caller, kind: str) -> None:
    post = await publish(http, ann)
    await react(http, ann, post["id"], kind)
    assert await counted(http, post["id"]) == {kind: 1}


async def test_there_are_no_more_than_five(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    for kind in ("hate", "LIKE", "%00"):
        answer = await http.put(f"{POSTS}/{post['id']}/reactions/{kind}", headers=ann.headers)
        assert refusal(answer) == (404, "not_found")


async def test_the_top_follows_the_reactions(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    first, second = await publish(http, ann), await publish(http, ann)
    assert await listed(http, sort="top") == [second["id"], first["id"]]
    await react(http, bob, first["id"])
    assert await listed(http, sort="top") == [first["id"], second["id"]]
    await react(http, bob, second["id"], "wow")
    await react(http, bob, second["id"], "love")
    assert await listed(http, sort="top") == [second["id"], first["id"]]


async def test_a_reaction_is_no_edit(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    address = f"{POSTS}/{post['id']}"
    before = await http.get(address)
    await react(http, bob, post["id"])
    after = await http.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json()["reactions"]) == (200, {"like": 1})
    assert {**after.json(), "reactions": {}} == before.json()
    versions = [answer.headers["ETag"].strip('"').partition("-")[0] for answer in (before, after)]
    assert versions[0] == versions[1]
    edit = {**ann.headers, "If-Match": before.headers["ETag"]}
    assert (await http.patch(address, json={"title": "New"}, headers=edit)).status_code == 200


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
async def test_to_what_nobody_else_sees_nobody_else_reacts(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, status: str
) -> None:
    post = await write(http, ann)
    await alter(runtime, post["id"], status=status)
    for method in ("PUT", "DELETE"):
        answer = await http.request(method, f"{POSTS}/{post['id']}/reactions/like", headers=bob.headers)
        assert refusal(answer) == (404, "not_found")
    await react(http, ann, post["id"])
    await react(http, caller("Moderator", "posts:read:any"), post["id"])


async def test_to_what_is_not_there_nobody_reacts(http: httpx.AsyncClient, ann: Caller) -> None:
    gone = await publish(http, ann)
    await http.delete(f"{POSTS}/{gone['id']}", headers=ann.headers)
    for post_id in (gone["id"], new_id()):
        for method in ("PUT", "DELETE"):
            answer = await http.request(method, f"{POSTS}/{post_id}/reactions/like", headers=ann.headers)
            assert refusal(answer) == (404, "not_found")


async def test_the_world_hears_of_a_reaction_once(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, reacted: list[ReactionAdded]
) -> None:
    post = await publish(http, ann)
    for _ in range(3):
        await react(http, bob, post["id"])
        await react(http, bob, post["id"])
        await withdraw(http, bob, post["id"])
    await react(http, bob, post["id"], "wow")
    told = [(str(event.post_id), event.post_author_id, event.user_id, event.kind) for event in reacted]
    assert told == [(post["id"], ann.user.id, bob.user.id, kind) for kind in ("like", "wow")]


async def test_two_hundred_people_at_once_are_counted_exactly(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, users: People, reacted: list[ReactionAdded]
) -> None:
    post = await publish(http, ann)
    crowd = [caller(f"Reader{number}") for number in range(200)]
    chance, room = random.Random(7), asyncio.Semaphore(32)  # twice as many requests are never shed

    async def fidget(who: Caller) -> int:
        """There, perhaps back, and twice at the same time; whether they like it in the end."""
        async with room:
            await asyncio.gather(react(http, who, post["id"]), react(http, who, post["id"]))
            if stays := chance.random() < 0.7:
                await react(http, who, post["id"], chance.choice(KINDS[1:]))
            else:
                await withdraw(http, who, post["id"])
        return stays

    likes = sum(await asyncio.gather(*map(fidget, crowd)))
    shown = await counted(http, post["id"])
    assert shown == await true_counts(runtime)
    assert shown["like"] == likes
    assert sum(shown.values()) == 2 * likes
    assert len(reacted) == 200 + likes
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.scalar(select(PostRow.reactions_count)) == 2 * likes
