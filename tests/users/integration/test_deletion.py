"""Leaving: DELETE ``/users/me``, and what comes of it."""

from datetime import timedelta

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from kernel.audit import AuditRow
from kernel.db import utc_now
from kernel.events import Event, topic
from kernel.runtime import Runtime
from modules.users import NewUser, UserErased, provide_accounts
from modules.users.models import FollowRow, UserRow
from modules.users.services import DeletionService
from modules.users.settings import UsersSettings
from modules.users.tasks import schedule
from tests.callers import Caller, signed_in
from tests.problems import refusal
from tests.running import context_of, deliver_everything
from tests.users.integration.conftest import Join, Mark

USERS = "/api/v1/users"
ME = f"{USERS}/me"
LONG_AGO = timedelta(days=30, seconds=1)
erase_who_left = schedule(UsersSettings())[0].function


async def run(runtime: Runtime) -> None:
    """What the worker does every hour."""
    await erase_who_left(context_of(runtime))


async def leave(http: httpx.AsyncClient, person: Caller) -> httpx.Response:
    return await http.delete(ME, headers=person.headers)


async def test_who_leaves_is_gone_for_the_world_at_once(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, heard: list[Event]
) -> None:
    await http.put(f"{USERS}/{bob.user.id}/follow", headers=ada.headers)
    paths = (f"{USERS}/{ada.user.id}", f"{USERS}/by-username/ada")
    assert [(await http.get(path)).status_code for path in paths] == [200, 200]
    heard.clear()
    answer = await leave(http, ada)
    assert answer.status_code == 202
    asked_at, erased_after = (answer.json()[name] for name in ("deletion_requested_at", "erased_after"))
    assert msgspec.convert(erased_after, type(utc_now())) - msgspec.convert(asked_at, type(utc_now())) == timedelta(30)
    assert [refusal(await http.get(path)) for path in paths] == [(404, "not_found")] * 2
    assert (await http.get(f"{USERS}/{bob.user.id}/followers")).json()["items"] == []
    assert [topic(type(event)) for event in heard] == ["users.deletion_requested"]


async def test_nobody_follows_who_has_left(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    await leave(http, ada)
    answer = await http.put(f"{USERS}/{ada.user.id}/follow", headers=bob.headers)
    assert refusal(answer) == (404, "not_found")


async def test_leaving_needs_a_fresh_sign_in(http: httpx.AsyncClient, ada: Caller) -> None:
    stale = signed_in(ada.user, auth_time=utc_now() - timedelta(minutes=6))
    assert refusal(await leave(http, stale)) == (403, "reauthentication_required")


async def test_the_last_superuser_does_not_leave(http: httpx.AsyncClient, root: Caller) -> None:
    assert refusal(await leave(http, root)) == (409, "last_superuser")


async def test_a_stale_wish_to_leave_is_refused(http: httpx.AsyncClient, ada: Caller) -> None:
    answer = await http.delete(ME, headers={**ada.headers, "If-Match": '"7-x"'})
    assert refusal(answer) == (412, "precondition_failed")


async def test_who_comes_back_is_as_before(http: httpx.AsyncClient, ada: Caller, bob: Caller, runtime: Runtime) -> None:
    await http.put(f"{USERS}/{bob.user.id}/follow", headers=ada.headers)
    before = (await http.get(f"{USERS}/{ada.user.id}")).json()
    await leave(http, ada)
    async with runtime.database.unit_of_work() as uow:
        assert await provide_accounts(uow).restore(ada.user.id) is not None
    assert (await http.get(f"{USERS}/by-username/ada")).json() == before
    assert [each["id"] for each in (await http.get(f"{USERS}/{bob.user.id}/followers")).json()["items"]] == [
        before["id"]
    ]


async def counts(http: httpx.AsyncClient, person: Caller) -> tuple[int, int]:
    """How many follow somebody, and whom they follow, as counted and as listed."""
    address = f"{USERS}/{person.user.id}"
    shown = (await http.get(address)).json()
    lists = [(await http.get(f"{address}/{side}")).json()["items"] for side in ("followers", "following")]
    counted = (shown["followers_count"], shown["following_count"])
    assert counted == tuple(map(len, lists))
    return counted


@pytest.mark.parametrize("by", ["themselves", "an administrator"])
async def test_who_leaves_counts_for_nobody_until_they_come_back(
    http: httpx.AsyncClient,
    ada: Caller,
    bob: Caller,
    join: Join,
    admin: Caller,
    runtime: Runtime,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    monkeypatch.setattr("modules.users.services.follows.AT_ONCE", 2)
    crowd = [ada, *[await join("Bo") for _ in range(3)]]
    for person in crowd:
        await http.put(f"{USERS}/{bob.user.id}/follow", headers=person.headers)
        await http.put(f"{USERS}/{person.user.id}/follow", headers=bob.headers)
    assert await counts(http, bob) == (4, 4)
    if by == "themselves":
        await leave(http, bob)
    else:
        await http.delete(f"{USERS}/{bob.user.id}", headers=admin.headers)
    await deliver_everything(runtime)
    assert [await counts(http, person) for person in crowd] == [(0, 0)] * 4
    await leave(http, ada)
    await deliver_everything(runtime)
    if by == "themselves":
        async with runtime.database.unit_of_work() as uow:
            assert await provide_accounts(uow).restore(bob.user.id) is not None
    else:
        await http.post(f"{USERS}/{bob.user.id}/activate", headers=admin.headers)
    await http.delete(f"{USERS}/{crowd[1].user.id}/follow", headers=bob.headers)
    await deliver_everything(runtime)
    assert [await counts(http, person) for person in crowd[1:]] == [(0, 1), (1, 1), (1, 1)]
    assert await counts(http, bob) == (3, 2)


async def test_nobody_is_erased_within_the_time_of_grace(
    http: httpx.AsyncClient, ada: Caller, mark: Mark, runtime: Runtime
) -> None:
    await mark(ada, deletion_requested_at=utc_now() - timedelta(days=29, hours=23))
    await run(runtime)
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.get(UserRow, ada.user.id) is not None
        assert not await DeletionService(uow, UsersSettings()).carry_out(ada.user.id)


async def test_who_is_erased_leaves_exact_counts_and_free_names(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, join: Join, mark: Mark, runtime: Runtime
) -> None:
    cy = await join("Cy")
    for follower, followee in ((ada, bob), (bob, ada), (cy, ada), (cy, bob), (bob, cy)):
        await http.put(f"{USERS}/{followee.user.id}/follow", headers=follower.headers)
    for person in (bob, cy):
        await http.get(f"{USERS}/{person.user.id}")
    await mark(ada, deletion_requested_at=utc_now() - LONG_AGO)
    await run(runtime)
    await run(runtime)
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.get(UserRow, ada.user.id) is None
        for person in (bob, cy):
            profile = (await http.get(f"{USERS}/{person.user.id}")).json()
            counted = [
                await uow.session.scalar(select(func.count()).where(column == person.user.id))
                for column in (FollowRow.followee_id, FollowRow.follower_id)
            ]
            assert [profile["followers_count"], profile["following_count"]] == counted == [1, 1]
        again = NewUser(email=ada.user.email, name="Ada", username="ada")
        assert (await provide_accounts(uow).create(again)).id != ada.user.id


async def test_one_who_cannot_be_erased_keeps_nobody_else_from_it(
    ada: Caller, bob: Caller, mark: Mark, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mark(ada, deletion_requested_at=utc_now() - LONG_AGO - timedelta(days=1))
    await mark(bob, deletion_requested_at=utc_now() - LONG_AGO)
    carry_out = DeletionService.carry_out

    async def fail_for_ada(self: DeletionService, user_id: object) -> bool:
        if user_id == ada.user.id:
            raise RuntimeError("out of order")
        return await carry_out(self, bob.user.id)

    monkeypatch.setattr(DeletionService, "carry_out", fail_for_ada)
    await run(runtime)
    async with runtime.database.unit_of_work() as uow:
        assert set(await uow.session.scalars(select(UserRow.id))) == {ada.user.id}


async def test_leaving_and_being_erased_are_in_the_audit_log_without_a_word_about_anybody(
    http: httpx.AsyncClient, ada: Caller, mark: Mark, runtime: Runtime
) -> None:
    await leave(http, ada)
    await mark(ada, deletion_requested_at=utc_now() - LONG_AGO)
    await run(runtime)
    async with runtime.database.unit_of_work() as uow:
        rows = (await uow.session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [(row.act, row.actor_id, row.subject_id, row.ip, row.facts) for row in rows] == [
        ("users.deletion_requested", ada.user.id, ada.user.id, "", {}),
        ("users.erased", None, ada.user.id, "", {}),
    ]


async def test_others_hear_of_an_erasure(ada: Caller, mark: Mark, runtime: Runtime) -> None:
    await mark(ada, deletion_requested_at=utc_now() - LONG_AGO)
    async with runtime.database.unit_of_work() as uow:
        told: list[object] = []
        publish = uow.publish

        async def note(*events: Event) -> None:
            told.extend(events)
            await publish(*events)

        uow.publish = note  # type: ignore[method-assign] # to listen
        assert await DeletionService(uow, UsersSettings()).carry_out(ada.user.id)
        assert [event.user_id for event in told if isinstance(event, UserErased)] == [ada.user.id]
