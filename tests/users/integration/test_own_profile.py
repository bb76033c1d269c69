"""GET, PATCH and PUT ``/users/me``."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests.callers import Caller
from tests.problems import pointers, refusal, violations
from tests.users.integration.conftest import Join

ME = "/api/v1/users/me"

PRIVATE = {
    *("id", "email", "username", "name", "bio", "is_active", "is_superuser", "email_verified", "roles"),
    *("created_at", "updated_at"),
}

TEXTS = [
    "👩🏽‍🚀 and 🏳️‍🌈",
    "\u202e\u05e2\u05d1\u05e8\u05d9\u05ea \u202b\u0627\u0631\u062f\u0648\u202c",
    "e\u0301 is not é",
    "\u0344\u0345\u0f71\u0f72",
    " \t\n\r\u2028 around \u00a0",
    '"\\/<script>&amp;%00 \x01\x7f',
    "\U0010ffff\ufeff\ufffe",
    "2026-01-31T12:00:00Z",
]


async def test_the_private_profile_has_these_fields_and_no_other(http: httpx.AsyncClient, ada: Caller) -> None:
    answer = await http.get(ME, headers=ada.headers)
    assert (answer.status_code, answer.json().keys()) == (200, PRIVATE)


async def test_everybody_sees_themselves(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    assert (await http.get(ME, headers=ada.headers)).json()["email"] == ada.user.email
    assert (await http.get(ME, headers=bob.headers)).json()["email"] == bob.user.email


async def test_times_are_utc_with_microseconds(http: httpx.AsyncClient, ada: Caller) -> None:
    created_at = (await http.get(ME, headers=ada.headers)).json()["created_at"]
    assert created_at == ada.user.created_at.isoformat(timespec="microseconds").replace("+00:00", "Z")


@pytest.mark.parametrize("text", TEXTS)
async def test_text_comes_back_byte_for_byte(http: httpx.AsyncClient, ada: Caller, text: str) -> None:
    await http.patch(ME, json={"name": text, "bio": text}, headers=ada.headers)
    read = (await http.get(ME, headers=ada.headers)).json()
    assert (read["name"].encode(), read["bio"].encode()) == (text.encode(), text.encode())


@pytest.mark.parametrize("change", [{"name": "Countess"}, {"bio": "Poetical."}, {"username": "countess"}])
async def test_patch_changes_what_is_given_and_keeps_the_rest(
    http: httpx.AsyncClient, ada: Caller, change: dict[str, str]
) -> None:
    before = (await http.get(ME, headers=ada.headers)).json()
    answer = await http.patch(ME, json=change, headers=ada.headers)
    after = (await http.get(ME, headers=ada.headers)).json()
    assert answer.status_code == 200
    assert answer.json() == after == {**before, **change, "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]


async def test_put_replaces_all_that_may_be_changed(http: httpx.AsyncClient, ada: Caller) -> None:
    form = {"name": "Countess", "bio": "Poetical.", "username": "countess"}
    answer = await http.put(ME, json=form, headers=ada.headers)
    assert (answer.status_code, {field: answer.json()[field] for field in form}) == (200, form)


async def test_put_needs_every_field_and_names_all_that_are_missing(http: httpx.AsyncClient, anyone: Caller) -> None:
    answer = await http.put(ME, json={}, headers=anyone.headers)
    assert violations(answer) == {(f"/body/{field}", "required") for field in ("name", "bio", "username")}


@pytest.mark.parametrize("form", [{}, {"name": "Ada", "bio": "", "username": "ada"}])
async def test_a_patch_that_changes_nothing_is_no_edit(
    http: httpx.AsyncClient, ada: Caller, form: dict[str, str]
) -> None:
    before = await http.get(ME, headers=ada.headers)
    answer = await http.patch(ME, json=form, headers=ada.headers)
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, before.headers["ETag"], before.content)


@pytest.mark.parametrize(
    "form",
    [
        {"name": "x", "bio": "", "username": "a_1"},
        {"name": "😀" * 100, "bio": "😀" * 2000, "username": "z" * 30},
        {"username": "___"},
    ],
)
async def test_the_bounds_of_a_field_are_inside(http: httpx.AsyncClient, ada: Caller, form: dict[str, str]) -> None:
    answer = await http.patch(ME, json=form, headers=ada.headers)
    assert (answer.status_code, answer.json() | form) == (200, answer.json())


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "too_short"),
        ("name", "x" * 101, "too_long"),
        ("name", None, "invalid_type"),
        ("name", 1, "invalid_type"),
        ("name", ["Ada"], "invalid_type"),
        ("name", "a\0b", "invalid_characters"),
        ("name", "a\ud800b", "invalid_characters"),
        ("bio", "x" * 2001, "too_long"),
        ("bio", "\0", "invalid_characters"),
        ("bio", "\udfff", "invalid_characters"),
        ("bio", None, "invalid_type"),
        ("username", "ab", "invalid_format"),
        ("username", "a" * 31, "invalid_format"),
        ("username", "Ada", "invalid_format"),
        ("username", "ada-lovelace", "invalid_format"),
        ("username", "adä", "invalid_format"),
        ("username", "ada\n", "invalid_format"),
        ("username", "ad\u0661", "invalid_format"),
        ("username", None, "invalid_type"),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_what_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, anyone: Caller, method: str, field: str, value: object, code: str
) -> None:
    form: dict[str, Any] = {"name": "Ada", "bio": "", "username": "ada", field: value}
    headers = {**anyone.headers, "Content-Type": "application/json"}
    answer = await http.request(method, ME, content=json.dumps(form), headers=headers)
    assert violations(answer) == {(f"/body/{field}", code)}


async def test_all_that_is_wrong_is_said_at_once(http: httpx.AsyncClient, anyone: Caller) -> None:
    answer = await http.patch(ME, json={"name": "", "bio": 1, "username": "A", "nick": "x"}, headers=anyone.headers)
    assert pointers(answer) == {"/body/name", "/body/bio", "/body/username", "/body/nick"}


FOREIGN = {
    "id": "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
    "user_id": "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
    "email": "eve@example.org",
    "email_identity": "eve@example.org",
    "password": "another password",
    "password_hash": "x",
    "is_active": False,
    "is_superuser": True,
    "email_verified": True,
    "roles": ["admin"],
    "role": "admin",
    "permissions": ["users:write:any"],
    "followers_count": 1_000_000,
    "following_count": 0,
    "version": 1,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "__class__": "x",
    "Name": "x",
}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_fields_that_are_not_one_s_to_change_are_refused(
    http: httpx.AsyncClient, ada: Caller, method: str
) -> None:
    before = (await http.get(ME, headers=ada.headers)).content
    form = {"name": "Eve", "bio": "new", "username": "eve", **FOREIGN}
    answer = await http.request(method, ME, json=form, headers=ada.headers)
    assert violations(answer) == {(f"/body/{field}", "unknown_field") for field in FOREIGN}
    assert (await http.get(ME, headers=ada.headers)).content == before


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_username_that_somebody_else_has_is_refused(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, method: str
) -> None:
    form = {"name": "Eve", "bio": "", "username": "bob"}
    answer = await http.request(method, ME, json=form, headers=ada.headers)
    assert refusal(answer) == (409, "username_taken")
    assert (await http.get(ME, headers=ada.headers)).json()["name"] == "Ada"


async def test_a_username_that_somebody_gave_up_is_free(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    await http.patch(ME, json={"username": "countess"}, headers=ada.headers)
    assert (await http.patch(ME, json={"username": "ada"}, headers=bob.headers)).status_code == 200


async def test_of_many_who_want_one_username_at_once_one_gets_it(http: httpx.AsyncClient, join: Join) -> None:
    people = [await join("Bo") for _ in range(20)]
    claims = (http.patch(ME, json={"username": "gold"}, headers=person.headers) for person in people)
    outcomes = [refusal(answer) if answer.is_error else 200 for answer in await asyncio.gather(*claims)]
    assert sorted(outcomes, key=str) == [*[(409, "username_taken")] * 19, 200]
