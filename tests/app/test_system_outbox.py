"""What could not be delivered, seen and replayed by a superuser."""

from collections.abc import AsyncGenerator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from kernel.audit import AuditRow
from kernel.db import new_id, utc_now
from kernel.events import Event
from kernel.module import Module
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime, open_runtime
from kernel.settings import JobsSettings, KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.app.operators import Operator, operated
from tests.running import deliver_everything

OUTBOX = "/api/v1/system/outbox"


class Bound(Event, frozen=True, tag="scratch.bound"):
    """A quire was bound."""


class Binder:
    """A subscriber that fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False
        self.heard: list[Bound] = []

    def subscriber(self) -> Subscriber[Bound]:
        async def bind(event: Bound, _: UnitOfWork) -> None:
            if not self.mended:
                raise ValueError("the needle is broken")
            self.heard.append(event)

        return Subscriber(Bound, bind)


@pytest.fixture
def binder() -> Binder:
    return Binder()


@pytest.fixture
async def bindery(runtime: Runtime, settings: KernelSettings, binder: Binder) -> AsyncGenerator[Runtime]:
    """Another process of the same product, which binds."""
    opened = open_runtime(settings, [Module(name="scratch", subscribers=[binder.subscriber()])])
    yield opened
    await opened.close()


@pytest.fixture
async def operator(runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]) -> AsyncGenerator[Operator]:
    async with operated(runtime, settings, env) as operator:
        await deliver_everything(runtime)  # what her own beginnings have caused
        yield operator


async def publish(bindery: Runtime) -> Bound:
    event = Bound()
    async with bindery.database.unit_of_work() as uow:
        await uow.publish(event)
    return event


async def change(bindery: Runtime, **values: object) -> None:
    async with bindery.database.unit_of_work() as uow:
        await uow.session.execute(update(OutboxRow).where(OutboxRow.topic == "scratch.bound").values(values))


async def listed(operator: Operator, query: str = "") -> list[dict[str, Any]]:  # Any: JSON
    answer = await operator.http.get(f"{OUTBOX}?topic=scratch.bound{query}", headers=operator.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]  # Any: as above
    return items


async def test_a_dead_event_is_delivered_once_its_subscriber_is_mended(
    operator: Operator, bindery: Runtime, binder: Binder
) -> None:
    event = await publish(bindery)
    hopeless = JobsSettings(max_attempts=1)
    await deliver_everything(bindery, hopeless)
    (entry,) = await listed(operator, "&state=dead")
    assert (entry["state"], entry["attempts"]) == ("dead", 1)
    assert entry["last_error"] == "ValueError: the needle is broken"
    assert entry["payload"] == {"type": "scratch.bound", "event_id": str(event.event_id)}
    binder.mended = True
    await deliver_everything(bindery, hopeless)
    assert binder.heard == []
    answer = await operator.http.post(f"{OUTBOX}/{entry['id']}/replay", headers=operator.headers)
    assert (answer.status_code, answer.json()["dead_at"], answer.json()["attempts"]) == (200, None, 0)
    await deliver_everything(bindery, hopeless)
    assert binder.heard == [event]
    assert await listed(operator) == []


async def test_an_event_that_waits_for_its_next_attempt_is_due_at_once(
    operator: Operator, bindery: Runtime, binder: Binder
) -> None:
    event = await publish(bindery)
    await deliver_everything(bindery)
    binder.mended = True
    await deliver_everything(bindery)
    assert binder.heard == []
    (entry,) = await listed(operator, "&state=stuck")
    assert await replay(operator, entry["id"]) == 200
    await deliver_everything(bindery)
    assert binder.heard == [event]


async def test_to_replay_twice_is_to_replay_once_and_is_in_the_audit_log_once(
    operator: Operator, bindery: Runtime
) -> None:
    await publish(bindery)
    await change(bindery, dead_at=utc_now(), attempts=10)
    (entry,) = await listed(operator)
    assert [await replay(operator, entry["id"]) for _ in range(2)] == [200, 200]
    async with bindery.database.unit_of_work() as uow:
        acts = select(AuditRow).where(AuditRow.act == "system.outbox_replayed")
        (logged,) = (await uow.session.scalars(acts)).all()
        assert logged.facts == {key: entry[name] for key, name in NAMED.items()}
        assert logged.ip == "127.0.0.1"


NAMED = {"outbox_id": "id", "topic": "topic", "subscriber": "subscriber"}


async def test_what_is_delivered_is_not_replayed(operator: Operator, bindery: Runtime) -> None:
    await publish(bindery)
    (entry,) = await listed(operator)
    await change(bindery, done_at=utc_now())
    answer = await operator.http.post(f"{OUTBOX}/{entry['id']}/replay", headers=operator.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "already_delivered")
    assert await replay(operator, str(new_id())) == 404


async def test_each_state_has_a_list_of_its_own(operator: Operator, bindery: Runtime) -> None:
    await publish(bindery)
    for values, states in (
        ({}, {"open"}),
        ({"last_error": "TimeoutError"}, {"open", "stuck"}),
        ({"last_error": None, "created_at": utc_now() - timedelta(minutes=2)}, {"open", "stuck"}),
        ({"dead_at": utc_now()}, {"dead"}),
        ({"dead_at": None, "done_at": utc_now()}, set()),
    ):
        await change(bindery, **values)
        assert {state for state in ("open", "stuck", "dead") if await listed(operator, f"&state={state}")} == states
        assert bool(await listed(operator)) == bool(states)


async def test_the_newest_comes_first_and_pages_do_not_overlap(operator: Operator, bindery: Runtime) -> None:
    events = [await publish(bindery) for _ in range(3)]
    query, seen = f"{OUTBOX}?limit=2&subscriber={bindery.subscribers[-1].name}", []
    answer = await operator.http.get(query, headers=operator.headers)
    seen += answer.json()["items"]
    answer = await operator.http.get(f"{query}&cursor={answer.json()['next_cursor']}", headers=operator.headers)
    seen += answer.json()["items"]
    assert [entry["payload"]["event_id"] for entry in seen] == [str(event.event_id) for event in reversed(events)]
    assert answer.json()["next_cursor"] is None


async def replay(operator: Operator, outbox_id: str) -> int:
    return (await operator.http.post(f"{OUTBOX}/{outbox_id}/replay", headers=operator.headers)).status_code
