"""Reading one's own inbox."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from kernel.pagination import encode_cursor
from kernel.runtime import Runtime
from tests.callers import Caller, person
from tests.notifications.delivering import (
    deliver,
    followed_by,
    published_by,
    somebodys_post,
    welcomed,
)
from tests.posts.fakes import FakePosts
from tests.problems import pointers, refusal
from tests.users.fakes import FakeUsers

UNKNOWN = UUID("01990000-0000-7000-8000-000000000000")
INBOX = "/api/v1/notifications"
FIELDS = {"id", "type", "title", "body", "actor", "target", "count", "read_at", "archived_at", "created_at"}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"


async def inbox(http: httpx.AsyncClient, owner: Caller, **parameters: Any) -> list[dict[str, Any]]:  # Any: JSON
    page = await http.get(INBOX, params=parameters, headers=owner.headers)
    assert page.status_code == 200, page.text
    items: list[dict[str, Any]] = page.json()["items"]  # Any: JSON
    return items


async def walk(http: httpx.AsyncClient, owner: Caller, **parameters: Any) -> list[str]:  # Any: JSON
    found: list[str] = []
    while True:
        page = (await http.get(INBOX, params=parameters, headers=owner.headers)).json()
        found += [each["id"] for each in page["items"]]
        if page["next_cursor"] is None:
            return found
        assert page["next_cursor"] != parameters.get("cursor"), "the cursor leads nowhere"
        parameters["cursor"] = page["next_cursor"]


async def test_an_inbox_begins_empty(http: httpx.AsyncClient, ann: Caller) -> None:
    page = await http.get(INBOX, headers=ann.headers)
    assert (page.status_code, page.json()) == (200, {"items": [], "next_cursor": None})


async def test_a_notification_has_exactly_these_fields(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    [item] = await inbox(http, ann)
    assert set(item) == FIELDS
    follower = {"id": str(bob.user.id), "username": "bob", "name": "Bob"}
    expected = {
        "type": "new_follower",
        "title": "Bob follows you",
        "body": "",
        "actor": follower,
        "target": {"kind": "user", "id": follower["id"], "url": f"/api/v1/users/{follower['id']}"},
        "count": 1,
        "read_at": None,
        "archived_at": None,
    }
    assert {name: item[name] for name in expected} == expected
    assert re.fullmatch(MOMENT, item["created_at"])


async def test_a_welcome_is_from_nobody_and_about_oneself(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller
) -> None:
    await deliver(runtime, welcomed(ann.user), ann.user.id)
    [item] = await inbox(http, ann)
    assert (item["type"], item["actor"], item["target"]["id"]) == ("welcome", None, str(ann.user.id))


async def test_a_post_is_quoted_by_its_title_of_now(
    http: httpx.AsyncClient, runtime: Runtime, posts: FakePosts, ann: Caller, bob: Caller
) -> None:
    post = somebodys_post("Folding")
    await deliver(runtime, published_by(bob.user, post), ann.user.id)
    posts.posts[post.id] = post
    [item] = await inbox(http, ann)
    assert (item["title"], item["body"]) == ("Bob published a post", "Folding")
    assert item["target"] == {"kind": "post", "id": str(post.id), "url": f"/api/v1/posts/{post.id}"}
    posts.posts.clear()
    assert [each["body"] for each in await inbox(http, ann)] == [""]


async def test_names_are_those_of_now(
    http: httpx.AsyncClient, runtime: Runtime, users: FakeUsers, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    users.people[bob.user.id] = person("<b>Robert</b>", id=bob.user.id, username="robert")
    [item] = await inbox(http, ann)
    assert item["title"] == "<b>Robert</b> follows you"
    assert item["actor"] == {"id": str(bob.user.id), "username": "robert", "name": "<b>Robert</b>"}


async def test_who_has_left_is_somebody(
    http: httpx.AsyncClient, runtime: Runtime, users: FakeUsers, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    del users.people[bob.user.id]
    [item] = await inbox(http, ann)
    assert (item["actor"], item["title"]) == (None, "Somebody follows you")


async def test_an_inbox_is_only_its_owners(http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    assert len(await inbox(http, ann)) == 1
    assert await inbox(http, bob) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/unread-count"), ("POST", f"/{UNKNOWN}/read"), ("POST", f"/{UNKNOWN}/unread")],
)
async def test_an_inbox_is_for_those_who_are_signed_in(http: httpx.AsyncClient, method: str, path: str) -> None:
    refused = await http.request(method, INBOX + path)
    assert refusal(refused) == (401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_an_inbox_is_never_cached(http: httpx.AsyncClient, ann: Caller) -> None:
    for path in ("", "/unread-count"):
        answer = await http.get(INBOX + path, headers=ann.headers)
        assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Authorization")


async def test_the_newest_comes_first(http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller) -> None:
    await deliver(runtime, welcomed(ann.user), ann.user.id)
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    assert [item["type"] for item in await inbox(http, ann)] == ["new_follower", "welcome"]


async def test_filters_choose_by_type_and_by_what_was_read(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, welcomed(ann.user), ann.user.id)
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    [welcome] = await inbox(http, ann, type="welcome")
    newer, older = await inbox(http, ann, type="new_follower")
    await http.post(f"{INBOX}/{older['id']}/read", headers=ann.headers)

    async def ids(**filters: str) -> list[str]:
        return [item["id"] for item in await inbox(http, ann, **filters)]

    assert await ids(unread="true") == [newer["id"], welcome["id"]]
    assert await ids(unread="false") == [older["id"]]
    assert await ids(unread="true", type="new_follower") == [newer["id"]]
    assert await ids(type="post_published") == []


async def test_a_walk_sees_each_once_whatever_the_size_of_a_page(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(7):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    everything = [item["id"] for item in await inbox(http, ann)]
    assert everything == sorted(everything, reverse=True)
    for limit in (1, 2, 6, 7, 8, 100):
        assert await walk(http, ann, limit=limit) == everything


async def test_a_walk_among_new_ones_sees_each_that_was_there_once(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(10):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    there = {item["id"] for item in await inbox(http, ann)}

    async def go_on() -> None:
        for _ in range(15):
            await deliver(runtime, followed_by(bob.user), ann.user.id)

    walked, _ = await asyncio.gather(walk(http, ann, limit=1), go_on())
    assert len(walked) == len(set(walked))
    assert there <= set(walked)


async def test_the_link_leads_on_with_the_same_filters(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, welcomed(ann.user), ann.user.id)
    for _ in range(2):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    first = await http.get(INBOX, params={"limit": 1, "type": "new_follower"}, headers=ann.headers)
    address, relation = first.headers["Link"].split("; ")
    second = await http.get(address.strip("<>"), headers=ann.headers)
    assert (relation, len(second.json()["items"]), second.json()["next_cursor"]) == ('rel="next"', 1, None)


async def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(2):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    cursor = (await http.get(INBOX, params={"limit": 1}, headers=ann.headers)).json()["next_cursor"]
    assert await inbox(http, bob, cursor=cursor) == []


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "e30", "W10", "é", "x" * 5_000),
        encode_cursor("inbox", datetime(2026, 1, 1, tzinfo=UTC), UNKNOWN),
        encode_cursor("inbox", 1, 1),
        encode_cursor("inbox", "nonsense"),
        encode_cursor("inbox", UNKNOWN),
        encode_cursor("inbox", 2**31),
        encode_cursor("deliveries", 1),
        encode_cursor("inbox", 1) + "A",
        encode_cursor("inbox", 1)[:-1],
    ],
)
async def test_a_cursor_of_anything_else_is_refused(http: httpx.AsyncClient, ann: Caller, cursor: str) -> None:
    assert refusal(await http.get(INBOX, params={"cursor": cursor}, headers=ann.headers)) == (400, "invalid_cursor")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("limit", ["0", "101", "abc", "-1", ""]),
        ("unread", ["1", "yes", "", "True"]),
        ("type", ["nonsense", "Welcome", ""]),
        ("include_total", ["true"]),
        ("recipient_id", [str(UNKNOWN)]),
        ("user_id", [str(UNKNOWN)]),
    ],
)
async def test_a_parameter_that_breaks_a_rule_is_pointed_at(
    http: httpx.AsyncClient, ann: Caller, name: str, values: list[str]
) -> None:
    for value in values:
        assert pointers(await http.get(INBOX, params={name: value}, headers=ann.headers)) == {f"/query/{name}"}
