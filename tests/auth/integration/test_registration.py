"""POST ``/auth/register``."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from kernel.settings import DatabaseSettings, KernelSettings
from modules.auth.models import CredentialRow, MailTokenRow
from modules.auth.settings import AuthSettings
from tests.auth.integration.conftest import auth_alone
from tests.problems import pointers, refusal, violations
from tests.running import PASSWORD, People
from tests.users.fakes import FakeUsers

REGISTER = "/api/v1/auth/register"
PRIVATE = {
    *("id", "email", "username", "name", "bio", "is_active", "is_superuser", "email_verified", "roles"),
    *("created_at", "updated_at"),
}
WIDE = {code: code + 0xFEE0 for code in range(ord("!"), ord("~") + 1)}
"""What an East Asian keyboard makes of ASCII, the @ and the dots included."""


def form(**fields: object) -> dict[str, Any]:  # Any: JSON
    """A good one, but for what is given."""
    return {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "name": "Ada", **fields}


async def register(http: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:  # Any: JSON
    """With every character that JSON can escape escaped, so that what is no text can be sent too."""
    return await http.post(REGISTER, content=json.dumps(body), headers={"Content-Type": "application/json"})


@pytest.mark.usefixtures("runtime")
async def test_a_newcomer_is_shown_to_themselves(http: httpx.AsyncClient) -> None:
    sent = form(username=f"u{uuid4().hex[:20]}")
    answer = await register(http, sent)
    shown = answer.json()
    assert (answer.status_code, shown.keys()) == (201, PRIVATE)
    assert {field: shown[field] for field in ("email", "name", "username")} == {
        field: sent[field] for field in ("email", "name", "username")
    }
    assert (shown["is_active"], shown["is_superuser"], shown["email_verified"], shown["roles"]) == (
        *(True, False, False),
        [],
    )


@pytest.mark.usefixtures("runtime")
async def test_the_answer_says_where_the_newcomer_is_and_is_not_stored(http: httpx.AsyncClient) -> None:
    answer = await register(http, form())
    assert answer.headers["Location"] == f"/api/v1/users/{answer.json()['id']}"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("runtime")
@pytest.mark.parametrize("none", [{}, {"username": None}])
async def test_without_a_username_one_is_made_from_the_name(http: httpx.AsyncClient, none: dict[str, None]) -> None:
    unique = uuid4().hex[:8]
    answer = await register(http, form(name=f"Zoë {unique}", **none))
    assert answer.json()["username"] == f"zoe_{unique}"


async def test_a_newcomer_can_sign_in_and_gets_a_mail(people: People, runtime: Runtime) -> None:
    ada = await people.join("Ada")
    async with runtime.database.unit_of_work() as uow:
        mails = await uow.session.execute(select(MailRow.kind, MailRow.recipient, MailRow.state))
        assert mails.tuples().all() == [("auth.verify_email", ada.email, "queued")]


async def test_an_address_has_one_account(http: httpx.AsyncClient, people: People) -> None:
    ada = await people.join("Ada")
    assert refusal(await register(http, form(email=ada.email.upper()))) == (409, "email_taken")


async def test_a_username_has_one_holder(http: httpx.AsyncClient, people: People) -> None:
    ada = await people.join("Ada")
    assert refusal(await register(http, form(username=ada.username))) == (409, "username_taken")


async def test_whoever_is_refused_leaves_nothing_behind(
    http: httpx.AsyncClient, people: People, runtime: Runtime
) -> None:
    ada = await people.join("Ada")
    await register(http, form(email=ada.email))
    await register(http, form(username=ada.username))
    async with runtime.database.unit_of_work() as uow:
        left = [await uow.session.scalar(select(func.count(row.id))) for row in (CredentialRow, MailTokenRow, MailRow)]
    assert left == [1, 1, 1]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x" * 9, "too_short"),
        ("😀" * 9, "too_short"),
        ("x" * 257, "too_long"),
        ("qwertyuiop", "too_common"),
        ("QwertyUiop", "too_common"),
        ("password123", "too_common"),
        ("lovelace.ada", "too_similar"),
        ("Lovelace.Ada", "too_similar"),
        ("lovelace.ada@example.org", "too_similar"),
        ("Augusta Ada King", "too_similar"),
        ("augusta ada king", "too_similar"),
        ("long enough\0", "invalid_characters"),
        ("long enough\ud83d", "invalid_characters"),
        (1234567890123, "invalid_type"),
        (None, "invalid_type"),
    ],
)
async def test_a_weak_password_is_refused(http: httpx.AsyncClient, password: object, code: str) -> None:
    answer = await register(http, form(password=password, email="lovelace.ada@example.org", name="Augusta Ada King"))
    assert violations(answer) == {("/body/password", code)}
    assert str(password) not in answer.text


@pytest.mark.parametrize(
    "password", ["x" * 8 + "yz", "😀" * 256, "          x", "\t\r\n\u2028\u0301\ufeff\u202e\x01\x7f\U0010ffff"]
)
async def test_any_other_password_lets_its_owner_in(people: People, password: str) -> None:
    await people.join("Ada", password=password)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "ada", "invalid_format"),
        ("email", "ada@localhost", "invalid_format"),
        ("email", "ada@@example.org", "invalid_format"),
        ("email", "ada lovelace@example.org", "invalid_format"),
        ("email", "ada@example.org\n", "invalid_format"),
        ("email", "ada@example.org\r\nBcc: eve@example.org", "invalid_format"),
        ("email", "ada@-example.org", "invalid_format"),
        ("email", f"{'a' * 243}@example.org", "too_long"),
        ("email", "a\0@example.org", "invalid_characters"),
        ("email", "", "invalid_format"),
        ("email", None, "invalid_type"),
        ("email", ["ada@example.org"], "invalid_type"),
        ("name", "", "too_short"),
        ("name", "x" * 101, "too_long"),
        ("name", "\0", "invalid_characters"),
        ("name", "\udfff", "invalid_characters"),
        ("name", None, "invalid_type"),
        ("username", "ab", "invalid_format"),
        ("username", "a" * 31, "invalid_format"),
        ("username", "Ada", "invalid_format"),
        ("username", "ada lovelace", "invalid_format"),
        ("username", "ada\n", "invalid_format"),
        ("username", 7, "invalid_type"),
    ],
)
async def test_what_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, field: str, value: object, code: str
) -> None:
    assert violations(await register(http, form(**{field: value}))) == {(f"/body/{field}", code)}


@pytest.mark.usefixtures("runtime")
async def test_the_longest_address_is_an_address(http: httpx.AsyncClient) -> None:
    email = f"{uuid4().hex}{'a' * 210}@example.org"
    answer = await register(http, form(email=email))
    assert (len(email), answer.status_code, answer.json()["email"]) == (254, 201, email)


async def test_all_that_is_missing_is_said_at_once(http: httpx.AsyncClient) -> None:
    missing = {(f"/body/{field}", "required") for field in ("email", "password", "name")}
    assert violations(await register(http, {})) == missing


async def test_all_that_is_wrong_is_said_at_once(http: httpx.AsyncClient) -> None:
    answer = await register(http, {"email": "x", "password": "short", "name": "", "username": "A", "age": 1})
    assert pointers(answer) == {f"/body/{field}" for field in ("email", "password", "name", "username", "age")}


async def test_what_no_schema_can_say_is_said_together_with_what_it_says(http: httpx.AsyncClient) -> None:
    wrong = {"email": "ada@-example.org", "password": "qwertyuiop", "name": "", "username": "A"}
    assert violations(await register(http, wrong)) == {
        ("/body/email", "invalid_format"),
        ("/body/password", "too_common"),
        ("/body/name", "too_short"),
        ("/body/username", "invalid_format"),
    }
    similar = {"email": "lovelace.ada@example.org", "password": "lovelace.ada", "name": 7}
    assert violations(await register(http, similar)) == {
        ("/body/password", "too_similar"),
        ("/body/name", "invalid_type"),
    }


@pytest.mark.usefixtures("runtime")
async def test_a_key_belongs_to_an_address_however_that_is_spelled(http: httpx.AsyncClient) -> None:
    email, key = f"{uuid4().hex}x@example.org", {"Idempotency-Key": uuid4().hex}
    first = await http.post(REGISTER, json=form(email=email), headers=key)
    assert first.status_code == 201
    again = await http.post(REGISTER, json=form(email=email), headers=key)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    for spelling in (email.upper(), email.replace("x", "\uff58"), email.translate(WIDE)):
        reused = await http.post(REGISTER, json=form(email=spelling), headers=key)
        assert refusal(reused) == (422, "idempotency_key_reused")


async def test_no_connection_to_the_database_waits_for_the_hash_of_a_newcomer(
    settings: KernelSettings, runtime: Runtime
) -> None:
    narrow = DatabaseSettings(pool_size=1, max_overflow=0, pool_timeout=0.5)
    kernel = msgspec.structs.replace(settings, db=narrow)
    slow = AuthSettings(bcrypt_rounds=10, hash_threads=1)
    async with auth_alone(kernel, FakeUsers(), slow) as http:
        forms = [form(email=f"{n}@example.org") for n in range(16)]
        headers = {"Idempotency-Key": "the-same-for-all"}
        answers = await asyncio.gather(*(http.post(REGISTER, json=each, headers=headers) for each in forms))
    assert {answer.status_code for answer in answers} == {201}


FOREIGN = {
    "id": "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
    "is_superuser": True,
    "is_active": True,
    "email_verified": True,
    "roles": ["admin"],
    "role": "admin",
    "permissions": ["users:write:any"],
    "password_hash": "x",
    "version": 7,
    "created_at": "2020-01-01T00:00:00Z",
}


async def test_nobody_makes_themselves_more_than_they_are(http: httpx.AsyncClient) -> None:
    answer = await register(http, form(**FOREIGN))
    assert violations(answer) == {(f"/body/{field}", "unknown_field") for field in FOREIGN}
