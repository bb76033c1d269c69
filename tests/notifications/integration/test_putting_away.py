"""Archiving, deleting, and reading everything at once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from modules.notifications.repositories import ArrivalRepository
from tests.callers import Caller
from tests.notifications.delivering import Counts, counts, deliver, followed_by, gather
from tests.notifications.integration.test_inbox import INBOX, inbox
from tests.notifications.integration.test_marks import mark, unread
from tests.problems import pointers, refusal


@pytest.fixture
async def three(http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller) -> list[str]:
    """The ids of Ann's notifications, the newest first."""
    for _ in range(3):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    return [item["id"] for item in await inbox(http, ann)]


async def read_all(http: httpx.AsyncClient, owner: Caller, body: Any = None) -> httpx.Response:  # Any: JSON
    return await http.post(f"{INBOX}/read-all", json=body, headers=owner.headers)


async def test_what_is_archived_is_out_of_the_way_and_does_not_wait(
    http: httpx.AsyncClient, ann: Caller, three: list[str]
) -> None:
    newest, middle, oldest = three
    await mark(http, ann, middle, "archive")
    assert [item["id"] for item in await inbox(http, ann)] == [newest, oldest]
    [away] = await inbox(http, ann, archived="true")
    assert (away["id"], away["archived_at"] is not None, away["read_at"]) == (middle, True, None)
    assert await unread(http, ann) == 2
    for act in ("archive", "read", "unread"):
        await mark(http, ann, middle, act)
    assert await unread(http, ann) == 2


async def test_what_is_deleted_is_gone_and_does_not_wait(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, three: list[str]
) -> None:
    newest, middle, oldest = three
    await mark(http, ann, oldest, "read")
    for notification_id, left in ((middle, 1), (oldest, 1), (middle, 1)):
        answer = await http.delete(f"{INBOX}/{notification_id}", headers=ann.headers)
        assert (answer.status_code, answer.content) == (204, b"")
        assert await unread(http, ann) == left
    assert [item["id"] for item in await inbox(http, ann)] == [newest]
    assert await counts(runtime, ann.user.id) == Counts(1, 1, 1)
    for act in ("read", "unread", "archive"):
        gone = await http.post(f"{INBOX}/{middle}/{act}", headers=ann.headers)
        assert refusal(gone) == (404, "not_found")


async def test_only_ones_own_can_be_deleted(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, three: list[str]
) -> None:
    for notification_id in (three[0], str(new_id())):
        refused = await http.delete(f"{INBOX}/{notification_id}", headers=bob.headers)
        assert refusal(refused) == (404, "not_found")
    assert await unread(http, ann) == 3


async def test_an_event_that_comes_again_does_not_bring_back_what_was_deleted(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for put in (deliver, gather):
        news = followed_by(bob.user)
        await put(runtime, news, ann.user.id)
        [item] = await inbox(http, ann)
        await http.delete(f"{INBOX}/{item['id']}", headers=ann.headers)
        await put(runtime, news, ann.user.id)
        assert (await inbox(http, ann), await unread(http, ann)) == ([], 0)


async def test_everything_can_be_read_at_once(http: httpx.AsyncClient, ann: Caller, three: list[str]) -> None:
    await mark(http, ann, three[0], "archive")
    for body in (None, {}, {"up_to": None}):
        assert (await read_all(http, ann, body)).status_code == 204
        assert await unread(http, ann) == 0
        assert {item["read_at"] is not None for item in await inbox(http, ann)} == {True}


async def test_up_to_the_last_one_that_was_seen(http: httpx.AsyncClient, ann: Caller, three: list[str]) -> None:
    newest, middle, _ = three
    assert (await read_all(http, ann, {"up_to": middle})).status_code == 204
    assert [item["id"] for item in await inbox(http, ann, unread="true")] == [newest]
    assert await unread(http, ann) == 1


async def test_up_to_one_that_was_deleted_in_another_window(
    http: httpx.AsyncClient, ann: Caller, three: list[str]
) -> None:
    newest, middle, _ = three
    await http.delete(f"{INBOX}/{middle}", headers=ann.headers)
    assert (await read_all(http, ann, {"up_to": middle})).status_code == 204
    assert [item["id"] for item in await inbox(http, ann, unread="true")] == [newest]


async def test_up_to_a_moment(http: httpx.AsyncClient, ann: Caller, three: list[str]) -> None:
    moments = [item["created_at"] for item in await inbox(http, ann)]
    await read_all(http, ann, {"up_to": (utc_now() - timedelta(days=1)).isoformat()})
    assert await unread(http, ann) == 3
    await read_all(http, ann, {"up_to": moments[1]})
    assert await unread(http, ann) == 1


@pytest.mark.parametrize("gathered", [False, True])
async def test_a_moment_leaves_out_what_was_on_its_way_by_then(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller, gathered: bool
) -> None:
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(text("SELECT"))  # the transaction has begun
        looked = utc_now()
        arrivals = ArrivalRepository(session=uow.session)
        if gathered:
            await arrivals.gather(followed_by(bob.user), ann.user.id)
        else:
            await arrivals.deliver(followed_by(bob.user), [ann.user.id])
    await read_all(http, ann, {"up_to": looked.isoformat()})
    assert await unread(http, ann) == 1


@pytest.mark.parametrize("up_to", ["", "x", "2026-01-01T00:00:00", "2026-01-01", "0001-01-01T00:00:00Z", 7, "x" * 100])
async def test_up_to_anything_else_is_refused(http: httpx.AsyncClient, ann: Caller, up_to: object) -> None:
    assert pointers(await read_all(http, ann, {"up_to": up_to})) == {"/body/up_to"}


async def test_up_to_one_that_is_not_ones_own_is_refused(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, three: list[str]
) -> None:
    for notification_id in (three[0], str(new_id())):
        assert refusal(await read_all(http, bob, {"up_to": notification_id})) == (404, "not_found")
    assert await unread(http, ann) == 3


async def test_what_arrives_meanwhile_still_waits(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller, three: list[str]
) -> None:
    await asyncio.gather(
        *(read_all(http, ann, {"up_to": three[0]}) for _ in range(5)),
        *(deliver(runtime, followed_by(bob.user), ann.user.id) for _ in range(10)),
    )
    assert await counts(runtime, ann.user.id) == Counts(13, 10, 10)
