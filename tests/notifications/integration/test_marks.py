"""Marking as read and as not read, and the number that follows."""

import asyncio
import random
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest

from kernel.db import new_id
from kernel.reads import Query, Reader
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.notifications.services import UnreadCounts
from tests.callers import Caller, caller
from tests.notifications.delivering import Counts, counts, deliver, fact, followed_by
from tests.notifications.integration.test_inbox import INBOX, inbox
from tests.problems import refusal

T = TypeVar("T")

MARKS = ["read", "unread", "archive"]


async def unread(http: httpx.AsyncClient, owner: Caller) -> int:
    answer = await http.get(f"{INBOX}/unread-count", headers=owner.headers)
    assert (answer.status_code, set(answer.json())) == (200, {"unread"})
    number: int = answer.json()["unread"]
    return number


async def mark(http: httpx.AsyncClient, owner: Caller, notification_id: str, act: str) -> None:
    answer = await http.post(f"{INBOX}/{notification_id}/{act}", headers=owner.headers)
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.fixture
async def one(http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller) -> str:
    """The id of Ann's only notification."""
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    [item] = await inbox(http, ann)
    return str(item["id"])


async def test_nobody_waits_at_first(http: httpx.AsyncClient, ann: Caller) -> None:
    assert await unread(http, ann) == 0


async def test_a_mark_is_seen_in_the_list_and_in_the_number(http: httpx.AsyncClient, ann: Caller, one: str) -> None:
    assert await unread(http, ann) == 1
    await mark(http, ann, one, "read")
    [item] = await inbox(http, ann)
    assert (item["read_at"] >= item["created_at"], await unread(http, ann)) == (True, 0)
    await mark(http, ann, one, "unread")
    [item] = await inbox(http, ann)
    assert (item["read_at"], await unread(http, ann)) == (None, 1)


async def test_marking_twice_is_marking_once(http: httpx.AsyncClient, ann: Caller, one: str) -> None:
    for act, number in (("unread", 1), ("read", 0)):
        await mark(http, ann, one, act)
        [before] = await inbox(http, ann)
        await mark(http, ann, one, act)
        assert (await inbox(http, ann), await unread(http, ann)) == ([before], number)


@pytest.mark.parametrize("act", MARKS)
async def test_somebody_elses_notification_is_as_unknown_as_any(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller, one: str, act: str
) -> None:
    bodies = []
    for notification_id in (one, str(new_id())):
        refused = await http.post(f"{INBOX}/{notification_id}/{act}", headers=bob.headers)
        assert refusal(refused) == (404, "not_found")
        bodies.append({**refused.json(), "instance": "", "request_id": ""})
    assert bodies[0] == bodies[1]
    assert await counts(runtime, ann.user.id) == Counts(1, 1, 1)


@pytest.mark.parametrize("act", MARKS)
@pytest.mark.parametrize("place", ["not-an-id", "1", "00000000-0000-0000-0000-000000000000", "unread-count"])
async def test_what_is_no_id_is_not_found(http: httpx.AsyncClient, ann: Caller, place: str, act: str) -> None:
    assert refusal(await http.post(f"{INBOX}/{place}/{act}", headers=ann.headers)) == (404, "not_found")


async def test_even_a_superuser_marks_only_their_own(http: httpx.AsyncClient, one: str) -> None:
    root = caller("Root", is_superuser=True)
    assert refusal(await http.post(f"{INBOX}/{one}/read", headers=root.headers)) == (404, "not_found")


async def test_polling_costs_nothing_until_the_number_changes(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller, one: str
) -> None:
    async def poll(tag: str) -> httpx.Response:
        return await http.get(f"{INBOX}/unread-count", headers={**ann.headers, "If-None-Match": tag})

    tag = (await poll("")).headers["ETag"]
    await mark(http, ann, one, "unread")
    await deliver(runtime, followed_by(ann.user), bob.user.id)
    same = await poll(tag)
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    assert (await poll(tag)).json() == {"unread": 2}


async def test_the_tag_counts_every_change_of_the_number(http: httpx.AsyncClient, ann: Caller, one: str) -> None:
    tags = []
    for act in ("unread", "read", "unread"):
        await mark(http, ann, one, act)
        tags.append((await http.get(f"{INBOX}/unread-count", headers=ann.headers)).headers["ETag"])
    assert [tag.strip('"').partition("-")[0] for tag in tags] == ["1", "2", "3"]


async def test_the_number_is_one_row_however_many_wait_and_one_query_however_many_ask(
    settings: KernelSettings, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(3):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    asked: list[list[UUID]] = []

    class Noting(Reader):
        async def all(self, query: Query[T], **parameters: Any) -> list[T]:  # Any: see `Reader`
            assert "notifications.notifications" not in query.prepared(parameters)[0]
            asked.append(parameters["ids"])
            return await runtime.reader.all(query, **parameters)

    counts_of = UnreadCounts(Noting(settings.database_url, settings.db))
    answers = await asyncio.gather(*(counts_of.of(ann.user.id) for _ in range(50)))
    assert {answer.value.unread for answer in answers} == {3}
    assert asked == [[ann.user.id]]


async def test_the_number_is_exact_whatever_happens_at_once(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(5):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    there = [item["id"] for item in await inbox(http, ann)]
    news = [fact("new_follower", actor=bob.user.id, kind="user", target=bob.user.id) for _ in range(10)]
    chance = random.Random(7)
    acts = [
        *(deliver(runtime, each, ann.user.id, bob.user.id) for each in news for _ in range(3)),
        *(mark(http, ann, chance.choice(there), chance.choice(MARKS)) for _ in range(30)),
    ]
    chance.shuffle(acts)
    await asyncio.gather(*acts)
    after = await counts(runtime, ann.user.id)
    assert (after.rows, after.inbox) == (15, after.unread)
    assert await unread(http, ann) == after.unread
    assert await counts(runtime, bob.user.id) == Counts(10, 10, 10)


async def test_of_many_same_marks_at_once_one_counts(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, one: str
) -> None:
    await asyncio.gather(*(mark(http, ann, one, "read") for _ in range(20)))
    assert await counts(runtime, ann.user.id) == Counts(1, 0, 0)
