"""POST ``/auth/login``."""

import asyncio
from uuid import UUID

import bcrypt
import httpx
import msgspec
import pytest
from sqlalchemy import select

from kernel.runtime import Runtime
from kernel.settings import DatabaseSettings, KernelSettings
from modules.auth.models import CredentialRow
from modules.auth.passwords import Passwords
from modules.auth.settings import AuthSettings
from tests.auth.integration.conftest import auth_alone, disable
from tests.problems import refusal, violations
from tests.running import PASSWORD, People, Person
from tests.users.fakes import FakeUsers

LOGIN = "/api/v1/auth/login"
WRONG = "a wrong password"


async def attempt(http: httpx.AsyncClient, email: object, password: object) -> httpx.Response:
    return await http.post(LOGIN, json={"email": email, "password": password})


async def test_a_pair_of_tokens_has_these_fields_and_no_other(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await attempt(http, ada.email, PASSWORD)
    pair = answer.json()
    assert answer.status_code == 200
    assert pair.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "session_id"}
    assert (pair["token_type"], pair["expires_in"]) == ("bearer", 600)
    assert UUID(pair["session_id"]).version == 7


async def test_tokens_are_not_stored_by_a_cache(http: httpx.AsyncClient, ada: Person) -> None:
    assert (await attempt(http, ada.email, PASSWORD)).headers["Cache-Control"] == "no-store"


async def test_every_login_is_a_session_of_its_own(people: People, ada: Person) -> None:
    assert len({(await people.sign_in(ada.email))["session_id"] for _ in range(3)} | {ada.tokens["session_id"]}) == 4


@pytest.mark.parametrize("spell", [str.upper, str.title, lambda email: email.replace("x", "\uff58")])
async def test_an_address_is_known_however_it_is_spelled(
    http: httpx.AsyncClient, ada: Person, spell: type[str]
) -> None:
    assert (await attempt(http, spell(ada.email), PASSWORD)).status_code == 200


async def refusals(http: httpx.AsyncClient, users: FakeUsers, people: People) -> dict[str, httpx.Response]:
    """Every way to be refused."""
    ada, gone = await people.join("Ada"), await people.join("Bob")
    disable(users, gone)
    return {
        "wrong password": await attempt(http, ada.email, WRONG),
        "unknown address": await attempt(http, "nobody@example.org", PASSWORD),
        "impossible address": await attempt(http, "nobody", PASSWORD),
        "impossible domain": await attempt(http, "ada@-.example", PASSWORD),
        "disabled account": await attempt(http, gone.email, PASSWORD),
        "disabled account, wrong password": await attempt(http, gone.email, WRONG),
        "endless password": await attempt(http, ada.email, "x" * 2000),
    }


async def test_all_who_are_refused_are_told_the_same(http: httpx.AsyncClient, users: FakeUsers, people: People) -> None:
    answers = await refusals(http, users, people)
    assert {refusal(answer) for answer in answers.values()} == {(401, "invalid_credentials")}
    told = {
        (
            answer.text.replace(answer.headers["X-Request-ID"], ""),
            str([pair for pair in answer.headers.multi_items() if pair[0] not in {"x-request-id", "ratelimit"}]),
        )
        for answer in answers.values()
    }
    assert len(told) == 1


async def test_all_who_are_refused_cost_one_hash_like_those_who_are_not(
    http: httpx.AsyncClient, users: FakeUsers, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs: list[bytes] = []

    def counting(password: bytes, hashed: bytes) -> bool:
        costs.append(hashed[:7])
        return check(password, hashed)

    ada = await people.join("Ada")
    check = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", counting)
    monkeypatch.setattr(bcrypt, "hashpw", lambda *_: pytest.fail("a second hash"))
    await attempt(http, ada.email, PASSWORD)
    disable(users, ada)
    for email, password in ((ada.email, PASSWORD), (ada.email, WRONG), ("nobody@example.org", WRONG), ("-", WRONG)):
        await attempt(http, email, password)
    assert costs == [b"$2b$04$"] * 5


@pytest.mark.parametrize("place", [0, 17, 18, 71, 72, 128, 255])
async def test_every_character_of_a_long_password_counts(http: httpx.AsyncClient, people: People, place: int) -> None:
    password = "🔐" * 256
    ada = await people.join("Ada", password=password)
    almost = f"{password[:place]}🔏{password[place + 1 :]}"
    assert refusal(await attempt(http, ada.email, almost)) == (401, "invalid_credentials")


@pytest.mark.parametrize("change", [str.upper, str.strip, "{} ".format, " {}".format])
async def test_a_password_is_taken_as_it_is(http: httpx.AsyncClient, people: People, change: type[str]) -> None:
    ada = await people.join("Ada", password=" a long passphrase ")
    assert refusal(await attempt(http, ada.email, change(" a long passphrase "))) == (401, "invalid_credentials")


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({}, {("/body/email", "required"), ("/body/password", "required")}),
        ({"email": "", "password": ""}, {("/body/email", "too_short"), ("/body/password", "too_short")}),
        ({"email": 1, "password": None}, {("/body/email", "invalid_type"), ("/body/password", "invalid_type")}),
        (
            {"email": "a\0", "password": "\0"},
            {("/body/email", "invalid_characters"), ("/body/password", "invalid_characters")},
        ),
        (
            {"email": "x" * 2001, "password": "x" * 2001},
            {("/body/email", "too_long"), ("/body/password", "too_long")},
        ),
        ({"email": "a", "password": "b", "username": "c"}, {("/body/username", "unknown_field")}),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_by_its_fields(
    http: httpx.AsyncClient, form: dict[str, object], wrong: set[tuple[str, str]]
) -> None:
    assert violations(await http.post(LOGIN, json=form)) == wrong


@pytest.mark.parametrize("agent", ["x" * 5000, "\u00ff\u00fe", "", "a\0b\r\nc"])
async def test_any_browser_gets_in(http: httpx.AsyncClient, ada: Person, agent: str) -> None:
    form = {"email": ada.email, "password": PASSWORD}
    headers = {b"User-Agent": agent.encode("latin-1")}
    assert (await http.post(LOGIN, json=form, headers=headers)).status_code == 200


async def test_no_connection_to_the_database_waits_for_a_hash(settings: KernelSettings, runtime: Runtime) -> None:
    narrow = DatabaseSettings(pool_size=1, max_overflow=0, pool_timeout=1)
    kernel = msgspec.structs.replace(settings, db=narrow)
    slow = AuthSettings(bcrypt_rounds=11, hash_threads=1)
    async with auth_alone(kernel, FakeUsers(), slow) as http:
        ada = await People(http).join("Ada")
        answers = await asyncio.gather(*(attempt(http, ada.email, PASSWORD) for _ in range(16)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_right_password_is_hashed_again_when_the_cost_has_changed(
    settings: KernelSettings, users: FakeUsers, runtime: Runtime, http: httpx.AsyncClient, ada: Person
) -> None:
    async def stored() -> str:
        async with runtime.database.unit_of_work() as uow:
            return (await uow.session.scalars(select(CredentialRow.password_hash))).one()

    async with auth_alone(settings, users, AuthSettings(bcrypt_rounds=5)) as dearer:
        await attempt(dearer, ada.email, WRONG)
        assert (await stored()).startswith("$2b$04$")
        assert (await attempt(dearer, ada.email, PASSWORD)).status_code == 200
        assert (await stored()).startswith("$2b$05$")
        assert (await attempt(dearer, ada.email, PASSWORD)).status_code == 200
    assert (await attempt(http, ada.email, PASSWORD)).status_code == 200


async def test_of_two_at_once_who_are_right_nobody_is_refused_because_the_other_has_hashed_again(
    settings: KernelSettings, users: FakeUsers, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashing, both = Passwords.hash, asyncio.Barrier(2)

    async def together(self: Passwords, password: str) -> str:
        async with both:
            return await hashing(self, password)

    monkeypatch.setattr(Passwords, "hash", together)
    async with auth_alone(settings, users, AuthSettings(bcrypt_rounds=5)) as dearer:
        answers = await asyncio.gather(*(attempt(dearer, ada.email, PASSWORD) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]


async def test_who_is_shut_out_while_the_password_is_looked_at_does_not_get_in(
    http: httpx.AsyncClient, users: FakeUsers, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = Passwords.verify

    async def slowly(self: Passwords, password: str, stored: str | None) -> bool:
        disable(users, ada)
        return await verify(self, password, stored)

    monkeypatch.setattr(Passwords, "verify", slowly)
    assert refusal(await attempt(http, ada.email, PASSWORD)) == (401, "invalid_credentials")
