"""Publishing, unpublishing and archiving; and what the world hears of it."""

import asyncio
from collections.abc import Mapping

import httpx
import pytest

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.posts import PostPublished
from modules.posts.contracts import Status
from modules.posts.services.states import Act
from tests.callers import Caller
from tests.posts.unit.test_states import LEADS_TO
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import refusal

REQUESTS: Mapping[Act, tuple[str, str, object]] = {
    "schedule": ("PUT", "schedule", {"scheduled_for": "2099-12-31T12:00:00Z"}),
    "unschedule": ("DELETE", "schedule", None),
}


@pytest.mark.parametrize(("status", "act"), LEADS_TO)
async def test_a_state_allows_what_the_table_says(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, status: Status, act: Act
) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    await alter(runtime, address.rpartition("/")[2], status=status)
    before = (await http.get(address, headers=ann.headers)).json()
    method, path, form = REQUESTS.get(act, ("POST", act, None))
    moved = await http.request(method, f"{address}/{path}", json=form, headers=ann.headers)
    after = (await http.get(address, headers=ann.headers)).json()
    target = LEADS_TO[status, act]
    if target is None:
        assert refusal(moved) == (409, "invalid_transition")
        assert moved.json()["detail"].startswith(f"A post that is {status} cannot be {act.removesuffix('e')}")
        assert after == before
    else:
        if method == "DELETE":
            assert (moved.status_code, moved.content) == (204, b"")
        else:
            assert (moved.status_code, moved.json()) == (200, after)
        assert (after["status"], after["version"]) == (target, before["version"] + 1)


async def test_a_post_keeps_the_moment_when_it_first_went_public(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    first = (await http.post(f"{address}/publish", headers=ann.headers)).json()["published_at"]
    for act in ("unpublish", "publish", "archive", "publish"):
        assert (await http.post(f"{address}/{act}", headers=ann.headers)).json()["published_at"] == first


async def test_the_world_hears_of_a_post_once_however_often_it_is_published(
    http: httpx.AsyncClient, ann: Caller, published: list[PostPublished]
) -> None:
    for post in (await write(http, ann), await publish(http, ann)):
        for act in ("publish", "unpublish", "publish", "archive", "unpublish", "publish"):
            await http.post(f"{POSTS}/{post['id']}/{act}", headers=ann.headers)
        assert [str(event.post_id) for event in published].count(post["id"]) == 1


async def test_of_many_who_publish_at_once_one_does(
    http: httpx.AsyncClient, ann: Caller, published: list[PostPublished]
) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}/publish"
    answers = await asyncio.gather(*(http.post(address, headers=ann.headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + 19 * [409]
    assert len(published) == 1


async def test_a_post_that_went_away_comes_back_in_its_old_place(http: httpx.AsyncClient, ann: Caller) -> None:
    first, second = await publish(http, ann), await publish(http, ann)
    for act in ("unpublish", "publish"):
        await http.post(f"{POSTS}/{first['id']}/{act}", headers=ann.headers)
    listed = (await http.get(POSTS)).json()["items"]
    assert [each["id"] for each in listed] == [second["id"], first["id"]]


@pytest.mark.parametrize("act", ["publish", "unpublish", "archive"])
async def test_what_is_not_there_cannot_move(http: httpx.AsyncClient, ann: Caller, act: str) -> None:
    assert refusal(await http.post(f"{POSTS}/{new_id()}/{act}", headers=ann.headers)) == (404, "not_found")
