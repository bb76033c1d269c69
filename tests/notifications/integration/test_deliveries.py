"""E-mails of all modules as administrators see them, and another chance for those that failed."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from kernel.audit import AuditRow
from kernel.db import new_id
from kernel.mail.ledger import MailRow
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime
from tests.running import People, Person, change_user, deliver_everything

DELIVERIES = "/api/v1/notifications/deliveries"


@pytest.fixture
async def admin(people: People, runtime: Runtime) -> Person:
    person = await people.join("Olga")
    await change_user(runtime, person, roles=["admin"])
    await deliver_everything(runtime)
    return person


async def listed(client: httpx.AsyncClient, admin: Person, query: str = "") -> list[dict[str, Any]]:  # Any: JSON
    answer = await client.get(f"{DELIVERIES}?{query}", headers=admin.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]  # Any: as above
    return items


async def change(runtime: Runtime, mail_id: str, **values: object) -> None:
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(MailRow).where(MailRow.id == UUID(mail_id)).values(values))


async def test_every_mail_is_listed_with_what_became_of_it(
    client: httpx.AsyncClient, admin: Person, runtime: Runtime
) -> None:
    welcome, verification = await listed(client, admin)
    assert {welcome["kind"], verification["kind"]} == {"notifications.welcome", "auth.verify_email"}
    assert (welcome["recipient"], welcome["state"], welcome["attempts"]) == (admin.email, "sent", 1)
    assert welcome["sent_at"] is not None
    assert "facts" not in welcome
    await change(runtime, welcome["id"], state="failed", last_error="550 no such mailbox")
    for query in ("state=failed", f"kind={welcome['kind']}", f"user_id={admin.id}&state=failed"):
        assert [each["id"] for each in await listed(client, admin, query)] == [welcome["id"]]
    assert await listed(client, admin, "state=dropped") == []
    assert await listed(client, admin, f"user_id={new_id()}") == []


async def test_pages_follow_each_other(client: httpx.AsyncClient, admin: Person) -> None:
    whole = [each["id"] for each in await listed(client, admin)]
    first = (await client.get(f"{DELIVERIES}?limit=1", headers=admin.headers)).json()
    rest = await listed(client, admin, f"cursor={first['next_cursor']}")
    assert [first["items"][0]["id"], *[each["id"] for each in rest]] == whole


async def test_a_failed_mail_is_sent_again_once(client: httpx.AsyncClient, admin: Person, runtime: Runtime) -> None:
    (mail,) = await listed(client, admin, "kind=notifications.welcome")
    await change(runtime, mail["id"], state="failed", last_error="550 no such mailbox")
    answers = [await client.post(f"{DELIVERIES}/{mail['id']}/retry", headers=admin.headers) for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(202, "queued")] * 2
    async with runtime.database.unit_of_work() as uow:
        queued = select(func.count()).where(
            OutboxRow.payload["mail_id"].astext == mail["id"], OutboxRow.done_at.is_(None)
        )
        assert await uow.session.scalar(queued) == 1
        logged = select(AuditRow).where(AuditRow.act == "notifications.mail_retried")
        (entry,) = (await uow.session.scalars(logged)).all()
        assert entry.subject_id == UUID(admin.id)
    await deliver_everything(runtime)
    (sent,) = await listed(client, admin, "kind=notifications.welcome")
    assert (sent["state"], sent["attempts"]) == ("sent", 2)


async def test_what_has_not_failed_is_not_sent_again(client: httpx.AsyncClient, admin: Person) -> None:
    (mail,) = await listed(client, admin, "kind=notifications.welcome")
    answer = await client.post(f"{DELIVERIES}/{mail['id']}/retry", headers=admin.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_failed")
    assert (await client.post(f"{DELIVERIES}/{new_id()}/retry", headers=admin.headers)).status_code == 404
