"""Roles and permissions."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from kernel.audit import AuditRow
from kernel.events import Event
from kernel.pagination import encode_cursor
from kernel.runtime import Runtime
from modules.users import RolesChanged, provide_directory
from modules.users.module import PERMISSIONS
from modules.users.repositories import RoleRepository
from modules.users.services.authority import Authority
from tests.callers import Caller, signed_in
from tests.kernel.support import is_waiting
from tests.problems import pointers, refusal, violations
from tests.running import eventually
from tests.users.integration.conftest import Join, Mark

ROLES = "/api/v1/users/roles"
EDITOR = {"name": "editor", "description": "Edits.", "permissions": ["users:read:any"]}


async def make(http: httpx.AsyncClient, who: Caller, **form: Any) -> httpx.Response:  # Any: JSON
    return await http.post(ROLES, json={**EDITOR, **form}, headers=who.headers)


async def names(http: httpx.AsyncClient, who: Caller) -> list[str]:
    """Of all roles, page by page."""
    found: list[str] = []
    path: str | None = f"{ROLES}?limit=2"
    while path is not None:
        page = await http.get(path, headers=who.headers)
        found += [role["name"] for role in page.json()["items"]]
        path = f"{ROLES}?limit=2&cursor={page.json()['next_cursor']}" if page.json()["next_cursor"] else None
    return found


async def test_there_are_roles_from_the_beginning(http: httpx.AsyncClient, admin: Caller) -> None:
    roles = {role["name"]: role for role in (await http.get(ROLES, headers=admin.headers)).json()["items"]}
    assert {name: role["is_built_in"] for name, role in roles.items()} == {"admin": True, "moderator": True}
    assert roles["admin"]["permissions"] == sorted(PERMISSIONS)


async def test_a_role_is_made_and_found_among_the_others(http: httpx.AsyncClient, admin: Caller) -> None:
    answer = await make(http, admin)
    assert (answer.status_code, answer.json()) == (201, {**EDITOR, "is_built_in": False})
    assert answer.headers["Location"] == f"{ROLES}/editor"
    for name in ("zealot", "0", "bard"):
        await make(http, admin, name=name)
    assert await names(http, admin) == ["0", "admin", "bard", "editor", "moderator", "zealot"]


async def test_a_role_is_where_its_maker_was_told(http: httpx.AsyncClient, admin: Caller) -> None:
    made = await make(http, admin)
    shown = await http.get(made.headers["Location"], headers=admin.headers)
    assert (shown.status_code, shown.json(), shown.headers["ETag"]) == (200, made.json(), made.headers["ETag"])
    changed = await http.patch(f"{ROLES}/editor", json={"description": "Other."}, headers=admin.headers)
    known = {**admin.headers, "If-None-Match": changed.headers["ETag"]}
    assert (await http.get(f"{ROLES}/editor", headers=known)).status_code == 304
    assert (await http.get(f"{ROLES}/admin", headers=admin.headers)).json()["is_built_in"] is True
    assert refusal(await http.get(f"{ROLES}/nothing", headers=admin.headers)) == (404, "not_found")


@pytest.mark.parametrize("name", ["editor", "admin", "moderator"])
async def test_no_two_roles_have_one_name(http: httpx.AsyncClient, admin: Caller, name: str) -> None:
    await make(http, admin)
    assert refusal(await make(http, admin, name=name)) == (409, "role_taken")


@pytest.mark.parametrize("name", ["", "Editor", "a b", "a/b", "ä", "x" * 101])
async def test_a_name_is_one_word(http: httpx.AsyncClient, admin: Caller, name: str) -> None:
    assert pointers(await make(http, admin, name=name)) == {"/body/name"}


async def test_a_role_allows_nothing_that_nobody_declares(http: httpx.AsyncClient, root: Caller) -> None:
    answer = await make(http, root, permissions=["users:read:any", "users:fly"])
    assert violations(answer) == {("/body/permissions/1", "unknown_name")}


async def test_nobody_makes_changes_or_deletes_a_role_beyond_themselves(
    http: httpx.AsyncClient, admin: Caller, root: Caller
) -> None:
    clerk = signed_in(admin.user, "roles:write:any", "users:read:any")
    assert refusal(await make(http, clerk, permissions=["users:write:any"])) == (403, "permission_denied")
    await make(http, admin, permissions=["users:write:any"])
    await make(http, clerk, name="reader")
    for method, name, form in (
        ("PATCH", "reader", {"permissions": ["users:read:any", "users:write:any"]}),
        ("PATCH", "editor", {"permissions": []}),
        ("DELETE", "editor", None),
    ):
        answer = await http.request(method, f"{ROLES}/{name}", json=form, headers=clerk.headers)
        assert refusal(answer) == (403, "permission_denied")
    assert (await http.delete(f"{ROLES}/editor", headers=root.headers)).status_code == 204


@pytest.mark.parametrize(("method", "form"), [("PATCH", {"description": "x"}), ("DELETE", None)])
async def test_what_is_built_in_stays(http: httpx.AsyncClient, root: Caller, method: str, form: object) -> None:
    for name in ("admin", "moderator"):
        answer = await http.request(method, f"{ROLES}/{name}", json=form, headers=root.headers)
        assert refusal(answer) == (409, "built_in_role")
    answer = await http.request(method, f"{ROLES}/nothing", json=form, headers=root.headers)
    assert refusal(answer) == (404, "not_found")


async def test_a_change_of_a_role_is_one_of_all_who_hold_it(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, mark: Mark, runtime: Runtime
) -> None:
    directory = provide_directory(runtime.reader, runtime.cache, runtime.permissions)
    await make(http, admin)
    await mark(ada, roles=["editor"])
    assert (await directory.find_callers({ada.user.id}))[ada.user.id].permissions == {"users:read:any"}
    form = {"permissions": ["audit:read:any", "audit:read:any"]}
    answer = await http.patch(f"{ROLES}/editor", json=form, headers=admin.headers)
    assert (answer.status_code, answer.json()["permissions"]) == (200, ["audit:read:any"])
    assert (await directory.find_callers({ada.user.id}))[ada.user.id].permissions == {"audit:read:any"}


async def test_a_role_that_is_deleted_is_nobody_s(
    http: httpx.AsyncClient, admin: Caller, join: Join, mark: Mark, heard: list[Event]
) -> None:
    people = [await join("Bo") for _ in range(3)]
    await make(http, admin)
    for person in people[:2]:
        await mark(person, roles=["moderator", "editor"])
        await http.get("/api/v1/users/me", headers=person.headers)
    heard.clear()
    assert (await http.delete(f"{ROLES}/editor", headers=admin.headers)).status_code == 204
    for person in people[:2]:
        assert (await http.get("/api/v1/users/me", headers=person.headers)).json()["roles"] == ["moderator"]
    told = {event.user_id for event in heard if isinstance(event, RolesChanged)}
    assert told == {person.user.id for person in people[:2]}


async def test_a_role_that_is_deleted_while_somebody_gets_it_is_nobody_s(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_roles = Authority.refuse_roles
    deleting: list[asyncio.Task[httpx.Response]] = []

    async def slowly(self: Authority, *given: Any) -> None:  # Any: whatever it takes
        await refuse_roles(self, *given)
        deleting.append(asyncio.create_task(http.delete(f"{ROLES}/editor", headers=admin.headers)))
        await eventually(partial(is_waiting, runtime.database), 3)

    await make(http, admin)
    monkeypatch.setattr(Authority, "refuse_roles", slowly)
    address = f"/api/v1/users/{ada.user.id}/roles"
    given = await http.put(address, json={"roles": ["moderator", "editor"]}, headers=admin.headers)
    assert (given.status_code, (await deleting[0]).status_code) == (200, 204)
    assert (await http.get("/api/v1/users/me", headers=ada.headers)).json()["roles"] == ["moderator"]


async def test_a_role_cannot_be_given_while_it_is_deleted(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch, mark: Mark
) -> None:
    take_from_everybody = RoleRepository.take_from_everybody
    giving: list[asyncio.Task[httpx.Response]] = []

    async def slowly(self: RoleRepository, name: str) -> list[UUID]:
        address, form = f"/api/v1/users/{ada.user.id}/roles", {"roles": ["editor"]}
        giving.append(asyncio.create_task(http.put(address, json=form, headers=admin.headers)))
        await eventually(partial(is_waiting, runtime.database), 3)
        return await take_from_everybody(self, name)

    await make(http, admin)
    await mark(ada, roles=["editor"])
    monkeypatch.setattr(RoleRepository, "take_from_everybody", slowly)
    assert (await http.delete(f"{ROLES}/editor", headers=admin.headers)).status_code == 204
    assert violations(await giving[0]) == {("/body/roles/0", "unknown_name")}
    assert (await http.get("/api/v1/users/me", headers=ada.headers)).json()["roles"] == []


async def test_a_stale_change_of_a_role_is_refused(http: httpx.AsyncClient, admin: Caller) -> None:
    made = await make(http, admin)
    headers = {**admin.headers, "If-Match": made.headers["ETag"]}
    form = {"description": "Other."}
    assert (await http.patch(f"{ROLES}/editor", json=form, headers=headers)).status_code == 200
    stale = await http.patch(f"{ROLES}/editor", json=form, headers=headers)
    assert refusal(stale) == (412, "precondition_failed")
    assert refusal(await http.delete(f"{ROLES}/editor", headers=headers)) == (412, "precondition_failed")


async def test_every_permission_is_explained(http: httpx.AsyncClient, admin: Caller) -> None:
    found: list[dict[str, str]] = []
    query: dict[str, str] | None = {"limit": "2"}
    while query is not None:
        page = (await http.get("/api/v1/users/permissions", params=query, headers=admin.headers)).json()
        found += page["items"]
        query = {"limit": "2", "cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert [each["name"] for each in found] == sorted(PERMISSIONS)
    assert {each["name"]: each["description"] for each in found} == PERMISSIONS
    foreign = {"cursor": encode_cursor("roles", "a")}
    answer = await http.get("/api/v1/users/permissions", params=foreign, headers=admin.headers)
    assert refusal(answer) == (400, "invalid_cursor")


async def test_what_is_done_to_roles_is_in_the_audit_log(
    http: httpx.AsyncClient, admin: Caller, runtime: Runtime
) -> None:
    await make(http, admin)
    await http.patch(f"{ROLES}/editor", json={"permissions": []}, headers=admin.headers)
    await http.delete(f"{ROLES}/editor", headers=admin.headers)
    async with runtime.database.unit_of_work() as uow:
        rows = (await uow.session.scalars(select(AuditRow).order_by(AuditRow.id))).all()
    assert [(row.act, row.actor_id, row.ip) for row in rows] == [
        (act, admin.user.id, "127.0.0.1") for act in ("users.role_made", "users.role_changed", "users.role_deleted")
    ]
