"""Posts that go public by themselves."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from kernel.db import utc_now
from kernel.runtime import Runtime
from modules.posts import PostPublished
from modules.posts.services import publish_due
from tests.callers import Caller
from tests.posts.listing import listed
from tests.posts.writing import POSTS, alter, write
from tests.problems import pointers, refusal, violations

MOMENT = "2099-12-31T12:00:00.000000Z"


async def waiting(http: httpx.AsyncClient, author: Caller, runtime: Runtime, *, due: bool = True) -> str:
    """The id of a scheduled post whose time has come, or nearly."""
    post_id: str = (await write(http, author))["id"]
    scheduled = await http.put(f"{POSTS}/{post_id}/schedule", json={"scheduled_for": MOMENT}, headers=author.headers)
    assert scheduled.status_code == 200, scheduled.text
    moment = utc_now() + timedelta(seconds=-1 if due else 60)
    await alter(runtime, post_id, scheduled_for=moment)
    return post_id


async def test_a_scheduled_post_waits_unseen(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, hearing: Runtime
) -> None:
    post = await write(http, ann)
    answer = await http.put(f"{POSTS}/{post['id']}/schedule", json={"scheduled_for": MOMENT}, headers=ann.headers)
    assert {name: answer.json()[name] for name in ("status", "scheduled_for", "published_at")} == {
        "status": "scheduled",
        "scheduled_for": MOMENT,
        "published_at": None,
    }
    assert not await publish_due(hearing.database)
    assert await listed(http) == []
    assert refusal(await http.get(f"{POSTS}/{post['id']}")) == (404, "not_found")


async def test_a_post_whose_time_has_come_is_like_one_that_was_published_by_hand(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, hearing: Runtime, published: list[PostPublished]
) -> None:
    post_id = await waiting(http, ann, runtime)
    assert await listed(http) == []  # and is kept by the cache
    await publish_due(hearing.database)
    assert await listed(http) == [post_id]
    post = (await http.get(f"{POSTS}/{post_id}")).json()
    assert (post["status"], post["scheduled_for"]) == ("published", None)


async def test_the_world_hears_of_it_once(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, hearing: Runtime, published: list[PostPublished]
) -> None:
    post_id = await waiting(http, ann, runtime)
    await publish_due(hearing.database)
    await http.post(f"{POSTS}/{post_id}/unpublish", headers=ann.headers)
    await http.put(f"{POSTS}/{post_id}/schedule", json={"scheduled_for": MOMENT}, headers=ann.headers)
    await alter(runtime, post_id, scheduled_for=utc_now())
    await publish_due(hearing.database)
    assert (await http.get(f"{POSTS}/{post_id}")).json()["status"] == "published"
    assert [str(event.post_id) for event in published] == [post_id]


async def test_many_workers_publish_each_post_once(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, hearing: Runtime, published: list[PostPublished]
) -> None:
    due = {await waiting(http, ann, runtime) for _ in range(12)}
    early = await waiting(http, ann, runtime, due=False)
    await asyncio.gather(*(publish_due(hearing.database) for _ in range(8)))
    assert set(await listed(http, limit=100)) == due
    assert sorted(str(event.post_id) for event in published) == sorted(due)
    assert (await http.get(f"{POSTS}/{early}", headers=ann.headers)).json()["status"] == "scheduled"


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("PATCH", "", {"title": "New"}),
        ("DELETE", "", None),
        ("DELETE", "/schedule", None),
        ("PUT", "/schedule", {"scheduled_for": MOMENT}),
    ],
)
async def test_what_happens_in_the_meantime_counts(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, hearing: Runtime, method: str, path: str, form: object
) -> None:
    post_id = await waiting(http, ann, runtime)
    answer = await http.request(method, f"{POSTS}/{post_id}{path}", json=form, headers=ann.headers)
    assert answer.is_success, answer.text
    await publish_due(hearing.database)
    assert await listed(http) == ([post_id] if method == "PATCH" else [])


async def test_a_moment_has_to_come(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}/schedule"
    past = await http.put(address, json={"scheduled_for": "2020-01-01T00:00:00Z"}, headers=ann.headers)
    assert violations(past) == {("/body/scheduled_for", "not_in_future")}
    for moment in ("2099-12-31T12:00:00", None, "2101-01-01T00:00:00Z", "soon"):
        refused = await http.put(address, json={"scheduled_for": moment}, headers=ann.headers)
        assert pointers(refused) == {"/body/scheduled_for"}
    assert pointers(await http.put(address, json={}, headers=ann.headers)) == {"/body/scheduled_for"}


async def test_other_ways_out_forget_the_moment(http: httpx.AsyncClient, ann: Caller, runtime: Runtime) -> None:
    for method, path, status in (("POST", "publish", "published"), ("DELETE", "schedule", "draft")):
        address = f"{POSTS}/{await waiting(http, ann, runtime, due=False)}"
        await http.request(method, f"{address}/{path}", headers=ann.headers)
        post = (await http.get(address, headers=ann.headers)).json()
        assert (post["status"], post["scheduled_for"]) == (status, None)


async def test_scheduling_on_an_old_version_is_refused(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}/schedule"
    stale = {**ann.headers, "If-Match": '"7-f"'}
    refused = await http.put(address, json={"scheduled_for": MOMENT}, headers=stale)
    assert refusal(refused) == (412, "precondition_failed")
    await http.put(address, json={"scheduled_for": MOMENT}, headers=ann.headers)
    assert refusal(await http.delete(address, headers=stale)) == (412, "precondition_failed")
