"""What administrators do to the accounts of others."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from kernel.audit import AuditRow
from kernel.db import new_id
from kernel.events import Event, topic
from kernel.runtime import Runtime
from tests.callers import Caller, signed_in
from tests.problems import refusal, violations
from tests.users.integration.conftest import Join, Mark

USERS = "/api/v1/users"

Act = tuple[str, str, Any]  # Any: JSON

ACTS: list[Act] = [
    ("PATCH", "", {"name": "New"}),
    ("DELETE", "", None),
    ("POST", "/deactivate", None),
    ("POST", "/activate", None),
    ("PUT", "/roles", {"roles": []}),
]
PATCH, DELETE, DEACTIVATE, ACTIVATE, STRIP = ACTS


async def do(http: httpx.AsyncClient, who: Caller, whom: Caller, act: Act, **headers: str) -> httpx.Response:
    """One act of somebody on somebody."""
    method, path, body = act
    address = f"{USERS}/{whom.user.id}{path}"
    return await http.request(method, address, json=body, headers={**who.headers, **headers})


async def entries(runtime: Runtime, subject: Caller) -> list[tuple[str, Any, str, dict[str, Any]]]:  # Any: JSON
    """What the audit log holds about somebody."""
    async with runtime.database.unit_of_work() as uow:
        of_subject = select(AuditRow).where(AuditRow.subject_id == subject.user.id).order_by(AuditRow.id)
        return [(row.act, row.actor_id, row.ip, row.facts) for row in await uow.session.scalars(of_subject)]


def topics(events: list[Event]) -> list[str]:
    return [topic(type(event)) for event in events]


async def test_an_account_is_opened_with_its_roles(http: httpx.AsyncClient, root: Caller) -> None:
    form = {"email": "Eve@Example.org", "name": "Eve", "username": "eve", "roles": ["moderator", "moderator"]}
    answer = await http.post(USERS, json=form, headers=root.headers)
    user = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{USERS}/{user['id']}"
    assert {**form, "roles": ["moderator"]}.items() <= user.items()
    assert (user["is_active"], user["is_superuser"], user["email_verified"]) == (True, False, False)
    assert (await http.get(f"{USERS}/by-username/eve")).json()["id"] == user["id"]


async def test_others_hear_of_an_opened_account(http: httpx.AsyncClient, admin: Caller, heard: list[Event]) -> None:
    answer = await http.post(USERS, json={"email": "eve@example.org", "name": "Eve"}, headers=admin.headers)
    assert answer.status_code == 201
    assert topics(heard) == ["users.registered", "users.account_opened"]


async def test_an_account_is_opened_once_however_often_it_is_asked_for(http: httpx.AsyncClient, admin: Caller) -> None:
    headers = {**admin.headers, "Idempotency-Key": "eve"}
    form = {"email": "eve@example.org", "name": "Eve"}
    answers = [await http.post(USERS, json=form, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"email": "ada@example.org"}, (409, "email_taken")),
        ({"username": "taken"}, (409, "username_taken")),
        ({"roles": ["admin"]}, 201),
    ],
)
async def test_what_keeps_an_account_from_being_opened(
    http: httpx.AsyncClient, admin: Caller, join: Join, form: dict[str, Any], expected: object
) -> None:
    await join("Ada", username="taken", email="ada@example.org")
    form = {"email": "eve@example.org", "name": "Eve", **form}
    answer = await http.post(USERS, json=form, headers=admin.headers)
    assert (refusal(answer) if answer.is_error else answer.status_code) == expected


async def test_an_address_that_cannot_be_one_is_named_together_with_all_else(
    http: httpx.AsyncClient, admin: Caller
) -> None:
    answer = await http.post(USERS, json={"email": "eve@-example.org", "name": ""}, headers=admin.headers)
    assert violations(answer) == {("/body/email", "invalid_format"), ("/body/name", "too_short")}


async def test_to_open_an_account_with_roles_one_must_be_allowed_to_give_them(
    http: httpx.AsyncClient, admin: Caller
) -> None:
    clerk = signed_in(admin.user, "users:write:any", "users:read:any", "roles:read:any", "audit:read:any")
    form = {"email": "eve@example.org", "name": "Eve", "roles": []}
    assert (await http.post(USERS, json=form, headers=clerk.headers)).status_code == 201
    form = {"email": "bob@example.org", "name": "Bob", "roles": ["admin"]}
    assert refusal(await http.post(USERS, json=form, headers=clerk.headers)) == (403, "permission_denied")


async def test_a_profile_is_changed_for_somebody(http: httpx.AsyncClient, admin: Caller, ada: Caller) -> None:
    await http.get(f"{USERS}/{ada.user.id}")
    form = {"name": "Countess", "username": "countess", "bio": "x"}
    answer = await do(http, admin, ada, ("PATCH", "", form))
    assert answer.status_code == 200
    assert form.items() <= answer.json().items()
    assert form.items() <= (await http.get(f"{USERS}/{ada.user.id}")).json().items()


@pytest.mark.parametrize("field", ["email", "roles", "is_superuser", "is_active", "email_verified", "password"])
async def test_nothing_else_is_changed_that_way(http: httpx.AsyncClient, root: Caller, ada: Caller, field: str) -> None:
    assert violations(await do(http, root, ada, ("PATCH", "", {field: True}))) == {(f"/body/{field}", "unknown_field")}


async def test_whoever_is_shut_out_is_told_of_once_and_let_in_again(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, heard: list[Event]
) -> None:
    statuses = [(await do(http, admin, ada, act)).status_code for act in (DEACTIVATE, DEACTIVATE, ACTIVATE, ACTIVATE)]
    assert statuses == [204] * 4
    assert topics(heard) == ["users.deactivated", "users.activated"]


async def test_whoever_is_deleted_is_gone_at_once_and_comes_back_by_activation(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, heard: list[Event]
) -> None:
    await http.get(f"{USERS}/by-username/ada")
    assert (await do(http, admin, ada, DELETE)).status_code == 204
    for path in (f"{USERS}/{ada.user.id}", f"{USERS}/by-username/ada", f"{USERS}/{ada.user.id}/followers"):
        assert refusal(await http.get(path)) == (404, "not_found")
    assert (await http.get(USERS, params={"q": "ada"}, headers=admin.headers)).json()["items"] == []
    assert [(await do(http, admin, ada, act)).status_code for act in (DELETE, PATCH, DEACTIVATE, STRIP)] == [404] * 4
    assert (await do(http, admin, ada, ACTIVATE)).status_code == 204
    assert (await http.get(f"{USERS}/by-username/ada")).json()["id"] == str(ada.user.id)
    assert topics(heard) == ["users.deletion_requested", "users.activated"]


async def test_roles_are_all_replaced(http: httpx.AsyncClient, root: Caller, ada: Caller, heard: list[Event]) -> None:
    for roles in (["moderator", "admin"], ["moderator"], ["moderator"]):
        answer = await do(http, root, ada, ("PUT", "/roles", {"roles": roles}))
        assert (answer.status_code, answer.json()["roles"]) == (200, roles)
    assert topics(heard) == ["users.roles_changed"] * 2


async def test_nobody_gets_a_role_that_there_is_not(http: httpx.AsyncClient, root: Caller, ada: Caller) -> None:
    answer = await do(http, root, ada, ("PUT", "/roles", {"roles": ["admin", "king"]}))
    assert violations(answer) == {("/body/roles/1", "unknown_name")}


@pytest.mark.parametrize("act", ACTS)
async def test_nobody_does_anything_to_a_stranger(http: httpx.AsyncClient, root: Caller, ada: Caller, act: Act) -> None:
    method, path, body = act
    answer = await http.request(method, f"{USERS}/{new_id()}{path}", json=body, headers=root.headers)
    assert refusal(answer) == (404, "not_found")


@pytest.mark.parametrize("act", ACTS)
async def test_an_admin_does_nothing_to_a_superuser(
    http: httpx.AsyncClient, admin: Caller, root: Caller, act: Act, runtime: Runtime
) -> None:
    assert refusal(await do(http, admin, root, act)) == (403, "permission_denied")
    assert await entries(runtime, root) == []


@pytest.mark.parametrize("act", ACTS)
async def test_nobody_does_anything_to_somebody_who_may_more(
    http: httpx.AsyncClient, join: Join, mark: Mark, ada: Caller, act: Act
) -> None:
    clerk = signed_in((await join("Clerk")).user, "users:write:any", "roles:write:any")
    await mark(ada, roles=["admin"])
    assert refusal(await do(http, clerk, ada, act)) == (403, "permission_denied")


async def test_nobody_gives_what_they_do_not_have(http: httpx.AsyncClient, join: Join, ada: Caller) -> None:
    clerk = signed_in((await join("Clerk")).user, "users:write:any", "roles:write:any")
    for whom in (ada, clerk):
        answer = await do(http, clerk, whom, ("PUT", "/roles", {"roles": ["admin"]}))
        assert refusal(answer) == (403, "permission_denied")


@pytest.mark.parametrize("act", [DEACTIVATE, DELETE])
async def test_the_last_superuser_stays(http: httpx.AsyncClient, root: Caller, act: Act, heard: list[Event]) -> None:
    assert refusal(await do(http, root, root, act)) == (409, "last_superuser")
    assert heard == []


@pytest.mark.parametrize("gone", [{"is_active": False}, {"deletion_requested_at": datetime(2026, 1, 1, tzinfo=UTC)}])
async def test_superusers_who_are_gone_do_not_count(
    http: httpx.AsyncClient,
    root: Caller,
    enthrone: Callable[[], Awaitable[Caller]],
    mark: Mark,
    gone: dict[str, Any],
) -> None:
    other = await enthrone()
    await mark(other, **gone)
    assert refusal(await do(http, root, root, DEACTIVATE)) == (409, "last_superuser")
    await do(http, root, other, ACTIVATE)
    assert (await do(http, root, root, DEACTIVATE)).status_code == 204


@pytest.mark.parametrize("act", [DEACTIVATE, DELETE])
async def test_of_superusers_who_shut_each_other_out_at_once_one_stays(
    http: httpx.AsyncClient, root: Caller, enthrone: Callable[[], Awaitable[Caller]], act: Act, runtime: Runtime
) -> None:
    throne = [root, *[await enthrone() for _ in range(5)]]
    answers = await asyncio.gather(*(do(http, root, each, act) for each in throne))
    outcomes = [refusal(answer) if answer.is_error else 204 for answer in answers]
    assert sorted(outcomes, key=str) == [(409, "last_superuser"), *[204] * 5]


async def test_every_act_is_in_the_audit_log_with_its_address(
    http: httpx.AsyncClient, root: Caller, ada: Caller, runtime: Runtime
) -> None:
    for act in (PATCH, ("PUT", "/roles", {"roles": ["moderator"]}), DEACTIVATE, ACTIVATE, DELETE):
        assert not (await do(http, root, ada, act)).is_error
    me, ip = root.user.id, "127.0.0.1"
    assert await entries(runtime, ada) == [
        ("users.profile_changed", me, ip, {"fields": ["name"]}),
        ("users.roles_changed", me, ip, {"before": [], "after": ["moderator"]}),
        ("users.deactivated", me, ip, {}),
        ("users.activated", me, ip, {}),
        ("users.deletion_requested", me, ip, {}),
    ]


@pytest.mark.parametrize("act", [PATCH, DELETE, STRIP])
async def test_an_act_on_an_older_version_is_refused(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, act: Act
) -> None:
    answer = await do(http, admin, ada, act, **{"If-Match": '"9-x"'})
    assert refusal(answer) == (412, "precondition_failed")
    assert (await do(http, admin, ada, act, **{"If-Match": '"1-x"'})).is_success
