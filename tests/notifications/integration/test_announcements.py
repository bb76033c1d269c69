"""Everybody is told, once, in batches; and it can be stopped half-way."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select

from kernel.audit import AuditRow
from kernel.db import new_id
from kernel.outbox import lease
from kernel.runtime import Runtime
from modules.notifications.contracts import AnnouncementContinued
from modules.notifications.models import NotificationRow
from modules.notifications.services import announcements
from modules.notifications.subscribers import tell_everybody
from modules.users.models import RoleRow
from tests.problems import violations
from tests.running import People, Person, change_user, deliver_everything, delivery_of

ANNOUNCEMENTS = "/api/v1/notifications/announcements"
TELLING = "notifications.subscribers.tell_everybody"
WORDS = {"title": "Quire will be away on Sunday", "body": "From 6 to 7 in the morning."}


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "BATCH", 2)


@pytest.fixture
async def admin(people: People, runtime: Runtime) -> Person:
    """Somebody who may speak to all."""
    person = await people.join("Olga")
    await change_user(runtime, person, roles=["admin"])
    await deliver_everything(runtime)
    return person


async def announce(client: httpx.AsyncClient, admin: Person, **more: str) -> dict[str, Any]:  # Any: JSON
    answer = await client.post(ANNOUNCEMENTS, json={**WORDS, **more}, headers=admin.headers)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()  # Any: as above
    assert answer.headers["Location"] == f"{ANNOUNCEMENTS}/{made['id']}"
    return made


async def progress(client: httpx.AsyncClient, admin: Person, made: dict[str, Any]) -> tuple[str, int, int]:
    shown = (await client.get(f"{ANNOUNCEMENTS}/{made['id']}", headers=admin.headers)).json()
    return shown["state"], shown["done"], shown["total"]


async def told(runtime: Runtime) -> list[str]:
    """Who has a notification of it, as often as they have one."""
    rows = select(NotificationRow.recipient_id).where(NotificationRow.type == "announcement")
    async with runtime.database.unit_of_work() as uow:
        return sorted(map(str, (await uow.session.scalars(rows)).all()))


async def deliver_one_batch(runtime: Runtime) -> None:
    """The next one, and nothing else."""
    async with runtime.database.unit_of_work() as uow:
        leased = await lease(uow.session, seconds=0, subscribers=[TELLING])
    (row_id,) = (row_id for ids in leased.values() for row_id in ids)
    await delivery_of(runtime).deliver(TELLING, [str(row_id)])


async def test_everybody_who_is_there_is_told_once(
    client: httpx.AsyncClient, people: People, admin: Person, runtime: Runtime
) -> None:
    here = [admin, *[await people.join() for _ in range(4)]]
    gone = await people.join()
    await change_user(runtime, gone, is_active=False)
    made = await announce(client, admin)
    late = await people.join()
    assert (made["state"], made["done"], made["total"]) == ("sending", 0, 5)
    await deliver_everything(runtime)
    assert await progress(client, admin, made) == ("done", 5, 5)
    assert await told(runtime) == sorted(person.id for person in here)
    inbox = await client.get("/api/v1/notifications?type=announcement", headers=here[1].headers)
    (notification,) = inbox.json()["items"]
    assert (notification["title"], notification["body"]) == (WORDS["title"], WORDS["body"])
    assert (notification["actor"], notification["target"]["kind"], notification["count"]) == (None, "announcement", 1)
    assert (await client.get(notification["target"]["url"], headers=late.headers)).json()["items"] == []


async def test_a_role_is_told_alone(client: httpx.AsyncClient, people: People, admin: Person, runtime: Runtime) -> None:
    moderators = [await people.join() for _ in range(2)]
    for person in moderators:
        await change_user(runtime, person, roles=["moderator"])
    await people.join()
    made = await announce(client, admin, role="moderator")
    await deliver_everything(runtime)
    assert await progress(client, admin, made) == ("done", 2, 2)
    assert await told(runtime) == sorted(person.id for person in moderators)


async def test_a_role_may_be_nobodys_but_not_a_slip_of_the_pen(
    client: httpx.AsyncClient, admin: Person, runtime: Runtime
) -> None:
    answer = await client.post(ANNOUNCEMENTS, json={**WORDS, "role": "binder"}, headers=admin.headers)
    assert violations(answer) == {("/body/role", "unknown_name")}
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(insert(RoleRow).values(name="binder", permissions=[], version=1))
    nobody = await announce(client, admin, role="binder")
    await deliver_everything(runtime)
    assert await progress(client, admin, nobody) == ("done", 0, 0)


async def test_a_cancelled_one_stops_where_it_is(
    client: httpx.AsyncClient, people: People, admin: Person, runtime: Runtime
) -> None:
    for _ in range(4):
        await people.join()
    made = await announce(client, admin)
    await deliver_one_batch(runtime)
    assert await progress(client, admin, made) == ("sending", 2, 5)
    answers = [await client.post(f"{ANNOUNCEMENTS}/{made['id']}/cancel", headers=admin.headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "cancelled")] * 2
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    await deliver_everything(runtime)
    assert await progress(client, admin, made) == ("cancelled", 2, 5)
    assert len(await told(runtime)) == 2
    async with runtime.database.unit_of_work() as uow:
        acts = (await uow.session.scalars(select(AuditRow.act).order_by(AuditRow.id))).all()
        assert acts == ["notifications.announced", "notifications.announcement_cancelled"]


async def test_one_that_is_over_cannot_be_cancelled(client: httpx.AsyncClient, admin: Person, runtime: Runtime) -> None:
    made = await announce(client, admin)
    await deliver_everything(runtime)
    answer = await client.post(f"{ANNOUNCEMENTS}/{made['id']}/cancel", headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "announcement_ended")
    assert (await client.post(f"{ANNOUNCEMENTS}/{new_id()}/cancel", headers=admin.headers)).status_code == 404


async def test_a_batch_that_comes_again_counts_once(
    client: httpx.AsyncClient, people: People, admin: Person, runtime: Runtime
) -> None:
    for _ in range(2):
        await people.join()
    made = await announce(client, admin)
    for _ in range(3):
        async with runtime.database.unit_of_work() as uow:
            await tell_everybody(AnnouncementContinued(announcement_id=UUID(made["id"]), after=None), uow)
    assert await progress(client, admin, made) == ("sending", 2, 3)
    await deliver_everything(runtime)
    assert await progress(client, admin, made) == ("done", 3, 3)
    assert len(await told(runtime)) == 3


async def test_the_same_request_announces_once(client: httpx.AsyncClient, admin: Person, runtime: Runtime) -> None:
    headers = {**admin.headers, "Idempotency-Key": "sunday"}
    answers = [await client.post(ANNOUNCEMENTS, json=WORDS, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    await deliver_everything(runtime)
    assert await told(runtime) == [admin.id]


async def test_whoever_does_not_want_announcements_is_spared_and_who_wants_them_by_mail_gets_one(
    client: httpx.AsyncClient, people: People, admin: Person, runtime: Runtime
) -> None:
    deaf, keen = await people.join(), await people.join()
    for person, channels in ((deaf, {"in_app": False}), (keen, {"email": True})):
        form = {"types": {"announcement": channels}}
        answer = await client.patch("/api/v1/notifications/preferences", json=form, headers=person.headers)
        assert answer.status_code == 200, answer.text
    await announce(client, admin)
    await deliver_everything(runtime)
    assert await told(runtime) == sorted([admin.id, keen.id])
    mails = await client.get("/api/v1/notifications/deliveries?kind=notifications.announcement", headers=admin.headers)
    assert [(mail["user_id"], mail["state"]) for mail in mails.json()["items"]] == [(keen.id, "sent")]


@pytest.mark.parametrize("form", [{}, {"title": ""}, {"body": ""}, {"title": "x" * 201}, {"role": ""}, {"to": "all"}])
async def test_what_is_said_has_to_be_something(client: httpx.AsyncClient, admin: Person, form: dict[str, str]) -> None:
    answer = await client.post(ANNOUNCEMENTS, json={**WORDS, **form} if form else {}, headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
