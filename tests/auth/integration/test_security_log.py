"""GET ``/auth/events``, and what is noticed when somebody signs in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update

from kernel.db import utc_now
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.auth.models import DeviceRow, SecurityEventRow
from modules.auth.services.signing_in import NOBODY
from modules.auth.tasks import KEEP_LOG, forget_what_has_ended
from tests.problems import refusal
from tests.running import PASSWORD, People, Person, context_of

EVENTS, LOGIN = "/api/v1/auth/events", "/api/v1/auth/login"


async def log_in(http: httpx.AsyncClient, person: Person, agent: str, password: str = PASSWORD) -> httpx.Response:
    form = {"email": person.email, "password": password}
    return await http.post(LOGIN, json=form, headers={"User-Agent": agent})


async def events(http: httpx.AsyncClient, person: Person, **params: Any) -> list[dict[str, Any]]:  # Any: JSON
    answer = await http.get(EVENTS, headers=person.headers, params=params)
    assert answer.status_code == 200
    items: list[dict[str, Any]] = answer.json()["items"]  # Any: JSON
    return items


async def kinds(http: httpx.AsyncClient, person: Person) -> list[str]:
    return [event["kind"] for event in await events(http, person, limit=100)]


async def mails(runtime: Runtime, kind: str) -> list[str]:
    async with runtime.database.unit_of_work() as uow:
        return list(await uow.session.scalars(select(MailRow.recipient).where(MailRow.kind == kind)))


async def test_an_event_says_what_happened_and_from_where(http: httpx.AsyncClient, ada: Person) -> None:
    await log_in(http, ada, "a browser", "a wrong password")
    failed, signed_in = await events(http, ada)
    assert failed.keys() == {"id", "kind", "session_id", "ip", "user_agent", "created_at"}
    assert (failed["kind"], failed["session_id"]) == ("sign_in_failed", None)
    assert (failed["ip"], failed["user_agent"]) == ("127.0.0.1", "a browser")
    assert (signed_in["kind"], signed_in["session_id"]) == ("signed_in", ada.tokens["session_id"])


async def test_proofs_and_reuse_are_noted(http: httpx.AsyncClient, ada: Person) -> None:
    for password in ("a wrong password", PASSWORD):
        await http.post("/api/v1/auth/reauthenticate", json={"password": password}, headers=ada.headers)
    other = (await log_in(http, ada, "python-httpx/0")).json()
    token = other["refresh_token"]
    for _ in range(2):
        token = (await http.post("/api/v1/auth/refresh", json={"refresh_token": token})).json()["refresh_token"]
    await http.post("/api/v1/auth/refresh", json={"refresh_token": other["refresh_token"]})
    newest = await events(http, ada, limit=1)
    assert newest[0]["session_id"] == other["session_id"]
    assert await kinds(http, ada) == [
        "session_reused",
        "new_device",
        "signed_in",
        "reauthenticated",
        "reauthentication_failed",
        "signed_in",
    ]


async def test_the_log_comes_in_pages_and_is_ones_own(http: httpx.AsyncClient, people: People, ada: Person) -> None:
    bob = await people.join("Bob")
    for _ in range(3):
        await people.sign_in(ada.email)
    first = (await http.get(EVENTS, headers=ada.headers, params={"limit": 3})).json()
    rest = (await http.get(EVENTS, headers=ada.headers, params={"cursor": first["next_cursor"]})).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (3, 1, None)
    assert len(await events(http, bob)) == 1


async def test_what_is_tried_on_no_account_is_nobodys(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    await http.post(LOGIN, json={"email": "nobody@example.org", "password": PASSWORD})
    assert await kinds(http, ada) == ["signed_in"]
    async with runtime.database.unit_of_work() as uow:
        tries = select(func.count()).where(SecurityEventRow.user_id == NOBODY)
        assert await uow.session.scalar(tries) == 1


async def test_the_first_device_is_no_news_and_every_further_one_is_once(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    for agent in ("a browser", "a browser", "another one", "a browser"):
        await log_in(http, ada, agent)
    assert (await kinds(http, ada)).count("new_device") == 2
    assert await mails(runtime, "auth.new_device") == [ada.email] * 2


async def test_a_wrong_password_makes_no_device_known(http: httpx.AsyncClient, ada: Person) -> None:
    await log_in(http, ada, "a browser", "a wrong password")
    await log_in(http, ada, "a browser")
    assert (await kinds(http, ada)).count("new_device") == 1


async def test_the_log_does_not_grow_for_ever(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    old = utc_now() - KEEP_LOG - timedelta(days=1)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(SecurityEventRow).values(created_at=old))
        await uow.session.execute(update(DeviceRow).values(seen_at=old))
    await log_in(http, ada, "a browser")
    context = context_of(runtime)
    await forget_what_has_ended(context)
    assert await kinds(http, ada) == ["new_device", "signed_in"]
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.scalar(select(func.count()).where(DeviceRow.user_id == UUID(ada.id))) == 1


@pytest.mark.parametrize(
    ("params", "refused"),
    [
        ({"cursor": "x"}, (400, "invalid_cursor")),
        ({"limit": 0}, (422, "validation_failed")),
        ({"limit": 101}, (422, "validation_failed")),
    ],
)
async def test_a_list_like_every_other(
    http: httpx.AsyncClient, ada: Person, params: dict[str, Any], refused: tuple[int, str]
) -> None:
    assert refusal(await http.get(EVENTS, headers=ada.headers, params=params)) == refused
