"""Deleting posts, and bringing them back."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from modules.posts import PostDeleted
from modules.posts.contracts import Status
from modules.posts.tasks import forget_deleted_posts
from tests.callers import Caller, caller
from tests.posts.listing import listed
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import refusal
from tests.running import context_of


async def delete(http: httpx.AsyncClient, author: Caller, post: dict[str, Any]) -> str:  # Any: JSON
    """Its address."""
    address = f"{POSTS}/{post['id']}"
    answer = await http.delete(address, headers=author.headers)
    assert (answer.status_code, answer.content) == (204, b"")
    return address


async def test_a_deleted_post_is_gone_from_everywhere(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, tags=["a"])
    everywhere: tuple[dict[str, str], ...] = ({}, {"author": "ann"}, {"tag": "a"}, {"sort": "oldest"}, {"sort": "top"})
    for parameters in everywhere:
        assert await listed(http, **parameters) == [post["id"]]
    address = await delete(http, ann, post)
    for parameters in everywhere:
        assert await listed(http, **parameters) == []
    assert (await http.get(f"{POSTS}/mine", headers=ann.headers)).json()["items"] == []
    for place in (address, f"{POSTS}/by-slug/{post['slug']}"):
        assert refusal(await http.get(place, headers=ann.headers)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", ""), ("DELETE", ""), ("POST", "/publish"), ("POST", "/unpublish"), ("POST", "/archive")],
)
async def test_nothing_can_be_done_to_a_deleted_post(
    http: httpx.AsyncClient, ann: Caller, method: str, path: str
) -> None:
    address = await delete(http, ann, await publish(http, ann))
    form: object = {} if method == "PATCH" else None
    assert refusal(await http.request(method, address + path, json=form, headers=ann.headers)) == (404, "not_found")


@pytest.mark.parametrize("status", ["draft", "published", "archived"])
async def test_a_restored_post_is_what_it_was(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, status: Status
) -> None:
    older, post, newer = await publish(http, ann), await publish(http, ann, tags=["a"]), await publish(http, ann)
    await alter(runtime, post["id"], status=status)
    address = await delete(http, ann, post)
    restored = await http.post(f"{address}/restore", headers=ann.headers)
    changed = {name: restored.json()[name] for name in ("version", "updated_at")}
    assert (restored.status_code, restored.json()) == (200, {**post, "status": status, **changed})
    assert restored.json()["version"] > post["version"]
    shown = [newer["id"], post["id"], older["id"]] if status == "published" else [newer["id"], older["id"]]
    assert await listed(http) == shown
    assert (await http.get(address, headers=ann.headers)).json() == restored.json()


async def test_what_waited_for_its_time_comes_back_as_a_draft(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime
) -> None:
    post = await write(http, ann)
    await alter(runtime, post["id"], status="scheduled", scheduled_for=utc_now() + timedelta(hours=1))
    address = await delete(http, ann, post)
    restored = (await http.post(f"{address}/restore", headers=ann.headers)).json()
    assert (restored["status"], restored["scheduled_for"]) == ("draft", None)


async def test_what_a_moderator_deleted_its_author_cannot_bring_back(http: httpx.AsyncClient, ann: Caller) -> None:
    moderator = caller("Moderator", "posts:write:any")
    post = await publish(http, ann)
    address = await delete(http, moderator, post)
    assert refusal(await http.post(f"{address}/restore", headers=ann.headers)) == (403, "permission_denied")
    assert (await http.post(f"{address}/restore", headers=moderator.headers)).status_code == 200
    await delete(http, ann, post)
    assert (await http.post(f"{address}/restore", headers=ann.headers)).status_code == 200


async def test_what_is_not_deleted_cannot_be_restored(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}/restore"
    assert refusal(await http.post(address, headers=ann.headers)) == (409, "invalid_transition")
    assert refusal(await http.post(address, headers=bob.headers)) == (403, "permission_denied")
    assert refusal(await http.post(f"{POSTS}/{new_id()}/restore", headers=ann.headers)) == (404, "not_found")


async def test_after_thirty_days_a_post_is_gone_for_good(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime
) -> None:
    over, nearly, alive = [await publish(http, ann, title=title) for title in ("Over", "Nearly", "Alive")]
    for post, days in ((over, 30.001), (nearly, 29.999)):
        await delete(http, ann, post)
        await alter(runtime, post["id"], deleted_at=utc_now() - timedelta(days=days))
    for _ in range(2):
        restored = await http.post(f"{POSTS}/{over['id']}/restore", headers=ann.headers)
        assert refusal(restored) == (404, "not_found")
        await forget_deleted_posts(context_of(runtime))
    assert (await http.post(f"{POSTS}/{nearly['id']}/restore", headers=ann.headers)).status_code == 200
    assert await listed(http) == [alive["id"], nearly["id"]]
    assert (await write(http, ann, title="Over"))["slug"] == "over"


async def test_until_then_its_address_is_taken(http: httpx.AsyncClient, ann: Caller) -> None:
    await delete(http, ann, await write(http, ann, title="Taken"))
    assert (await write(http, ann, title="Taken"))["slug"] != "taken"


async def test_a_deletion_based_on_another_version_is_refused(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    stale = {**ann.headers, "If-Match": '"7-f"'}
    assert refusal(await http.delete(address, headers=stale)) == (412, "precondition_failed")
    present = {**ann.headers, "If-Match": (await http.get(address)).headers["ETag"]}
    assert (await http.delete(address, headers=present)).status_code == 204


async def test_the_world_hears_of_a_deletion_once(
    http: httpx.AsyncClient, ann: Caller, deleted: list[PostDeleted]
) -> None:
    post = await publish(http, ann)
    address = await delete(http, ann, post)
    await http.delete(address, headers=ann.headers)
    assert [(str(event.post_id), event.author_id) for event in deleted] == [(post["id"], ann.user.id)]
