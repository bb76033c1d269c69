"""Signing in with a password and a code."""

import asyncio
import time
from types import SimpleNamespace
from uuid import UUID

import httpx
import msgspec
import pyotp
import pytest
from sqlalchemy import select

from kernel.runtime import Runtime
from kernel.settings import HttpSettings, KernelSettings
from modules.auth import tokens
from modules.auth.models import SecurityEventRow
from modules.auth.services.second_factor import CODE_TRIES, SecondFactor
from modules.auth.services.throttling import TRIES
from tests.auth.integration.conftest import auth_alone, disable
from tests.auth.integration.second_factor import Phone, first_half, second_half
from tests.problems import refusal, violations
from tests.running import PASSWORD, People, Person, bearer
from tests.users.fakes import FakeUsers

LOGIN, AGAIN, DOOR = "/api/v1/auth/login", "/api/v1/auth/reauthenticate", "/api/v1/door"


@pytest.fixture
async def bea(http: httpx.AsyncClient, people: People, phone: Phone) -> Person:
    """Somebody who has it on; her app is `phone`."""
    bea = await people.join("Bea")
    await phone.enrol(http, bea)
    return bea


async def test_a_right_password_is_half_a_sign_in(http: httpx.AsyncClient, bea: Person) -> None:
    answer = await http.post(LOGIN, json={"email": bea.email, "password": PASSWORD})
    half = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert half.keys() == {"mfa_required", "mfa_token", "expires_in"}
    assert (half["mfa_required"], half["expires_in"]) == (True, 300)


async def test_a_wrong_password_does_not_tell_that_it_is_on(http: httpx.AsyncClient, bea: Person) -> None:
    answer = await http.post(LOGIN, json={"email": bea.email, "password": "a wrong password"})
    assert refusal(answer) == (401, "invalid_credentials")


async def test_a_code_is_the_other_half(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    answer = await second_half(http, await first_half(http, bea), phone.next_code())
    pair = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert pair.keys() == {"access_token", "refresh_token", "token_type", "expires_in", "session_id"}
    headers = bearer(pair["access_token"])
    assert (await http.get("/api/v1/vault", headers=headers)).status_code == 200, "it is a fresh sign-in"
    log = (await http.get("/api/v1/auth/events", headers=headers)).json()["items"]
    assert (log[0]["kind"], log[0]["session_id"]) == ("signed_in", pair["session_id"])


async def test_a_browser_gets_its_cookie(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    answer = await second_half(http, await first_half(http, bea), phone.next_code(), cookie=True)
    assert "refresh_token" not in answer.json()
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    http.cookies.clear()


async def test_a_form_cannot_ask_for_a_code(http: httpx.AsyncClient, bea: Person) -> None:
    form = {"grant_type": "password", "username": bea.email, "password": PASSWORD}
    answer = await http.post("/api/v1/auth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("steps", [-1, 1])
async def test_a_clock_may_be_off_by_half_a_minute(
    http: httpx.AsyncClient, bea: Person, phone: Phone, steps: int
) -> None:
    phone.now += 60
    assert (await second_half(http, await first_half(http, bea), phone.code(steps=steps))).status_code == 200


@pytest.mark.parametrize("steps", [-2, 2])
async def test_but_not_by_more(http: httpx.AsyncClient, bea: Person, phone: Phone, steps: int) -> None:
    phone.now += 90
    answer = await second_half(http, await first_half(http, bea), phone.code(steps=steps))
    assert refusal(answer) == (401, "invalid_code")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_code_is_good_once(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    confirmed_with, used = phone.code(), phone.next_code()
    assert (await second_half(http, await first_half(http, bea), used)).status_code == 200
    for code in (used, confirmed_with):
        assert refusal(await second_half(http, await first_half(http, bea), code)) == (401, "invalid_code")


@pytest.mark.parametrize("kind", ["app", "paper"])
async def test_of_fifty_who_use_a_code_at_once_one_gets_in(
    settings: KernelSettings, users: FakeUsers, bea: Person, phone: Phone, kind: str
) -> None:
    code = phone.next_code() if kind == "app" else phone.recovery_codes[3]
    unlimited = msgspec.structs.replace(settings, http=HttpSettings(rate_limits="off"))
    async with auth_alone(unlimited, users) as http:
        half = await first_half(http, bea)
        answers = await asyncio.gather(*(second_half(http, half, code) for _ in range(50)))
    assert [answer.status_code for answer in answers].count(200) == 1
    assert {refusal(answer) for answer in answers if answer.status_code != 200} == {(401, "invalid_code")}


async def test_a_recovery_code_is_good_once_however_it_is_written(
    http: httpx.AsyncClient, runtime: Runtime, bea: Person, phone: Phone
) -> None:
    half = await first_half(http, bea)
    written = phone.recovery_codes[0].upper().replace("-", " ")
    assert (await second_half(http, half, f" {written} ")).status_code == 200
    assert refusal(await second_half(http, half, phone.recovery_codes[0])) == (401, "invalid_code")
    assert (await second_half(http, half, phone.recovery_codes[1])).status_code == 200
    left = (await http.get("/api/v1/auth/mfa", headers=bea.headers)).json()["recovery_codes_left"]
    assert left == 8
    async with runtime.database.unit_of_work() as uow:
        used = select(SecurityEventRow.id).where(SecurityEventRow.kind == "recovery_code_used")
        assert len((await uow.session.scalars(used)).all()) == 2


async def test_codes_of_somebody_else_are_good_for_nothing(
    http: httpx.AsyncClient, people: People, bea: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    eve, other = await people.join("Eve"), Phone(monkeypatch)
    await other.enrol(http, eve)
    half = await first_half(http, bea)
    for code in (other.next_code(), other.recovery_codes[0]):
        assert refusal(await second_half(http, half, code)) == (401, "invalid_code")


async def test_half_a_sign_in_opens_nothing(http: httpx.AsyncClient, bea: Person) -> None:
    half = await first_half(http, bea)
    assert refusal(await http.get(DOOR, headers=bearer(half))) == (401, "invalid_token")
    assert refusal(await http.post("/api/v1/auth/refresh", json={"refresh_token": half})) == (401, "refresh_invalid")


async def test_what_is_no_half_is_not_completed(
    http: httpx.AsyncClient, people: People, bea: Person, phone: Phone
) -> None:
    eve = await people.join("Eve")
    half = await first_half(http, bea)
    user, expiry, mac = half.split(".")
    forged = [
        bea.tokens["access_token"],
        bea.tokens["refresh_token"],
        f"{eve.id}.{expiry}.{mac}",
        f"{user}.{int(expiry) + 1}.{mac}",
        f"{user}.{expiry}.{'A' * 43}",
        f"{half}\n",
        "",
        "x" * 100_000,
    ]
    for token in forged:
        assert refusal(await second_half(http, token, phone.code())) == (401, "invalid_token"), token
    assert (await second_half(http, half, phone.next_code())).status_code == 200


async def test_half_a_sign_in_is_not_good_for_long(
    http: httpx.AsyncClient, bea: Person, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = await first_half(http, bea)
    later = time.time() + 301
    monkeypatch.setattr(tokens, "time", SimpleNamespace(time=lambda: later))
    assert refusal(await second_half(http, half, phone.next_code())) == (401, "invalid_token")


async def test_it_ends_with_the_password_that_it_was_begun_with(
    http: httpx.AsyncClient, bea: Person, phone: Phone
) -> None:
    half = await first_half(http, bea)
    form = {"current_password": PASSWORD, "new_password": "another long password"}
    (await http.post("/api/v1/auth/password/change", json=form, headers=bea.headers)).raise_for_status()
    assert refusal(await second_half(http, half, phone.next_code())) == (401, "invalid_token")


async def test_who_is_shut_out_meanwhile_does_not_get_in(
    http: httpx.AsyncClient, users: FakeUsers, bea: Person, phone: Phone
) -> None:
    half = await first_half(http, bea)
    disable(users, bea)
    assert refusal(await second_half(http, half, phone.next_code())) == (401, "invalid_token")


async def test_a_new_password_while_a_code_is_looked_at_ends_it_too(
    http: httpx.AsyncClient, bea: Person, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    half, check = await first_half(http, bea), SecondFactor.check

    async def slowly(self: SecondFactor, user_id: UUID, code: str) -> None:
        form = {"current_password": PASSWORD, "new_password": "another long password"}
        change = http.post("/api/v1/auth/password/change", json=form, headers=bea.headers)
        (await asyncio.create_task(change)).raise_for_status()
        await check(self, user_id, code)

    monkeypatch.setattr(SecondFactor, "check", slowly)
    assert refusal(await second_half(http, half, phone.next_code())) == (401, "invalid_token")


async def test_who_comes_back_in_time_stays_with_both_halves(
    http: httpx.AsyncClient, users: FakeUsers, bea: Person, phone: Phone
) -> None:
    users.leaving.add(UUID(bea.id))
    half = await first_half(http, bea)
    assert refusal(await second_half(http, half, phone.code())) == (401, "invalid_code")
    assert UUID(bea.id) in users.leaving
    assert (await second_half(http, half, phone.next_code())).status_code == 200
    assert UUID(bea.id) not in users.leaving


async def test_wrong_codes_are_counted(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    half = await first_half(http, bea)
    wrong = pyotp.TOTP(pyotp.random_base32()).at(0)
    answers = [await second_half(http, half, wrong) for _ in range(TRIES.quota)]
    assert {refusal(answer) for answer in answers} == {(401, "invalid_code")}
    assert refusal(await second_half(http, half, phone.next_code())) == (429, "rate_limited")


async def test_wrong_codes_from_everywhere_are_counted_together(
    settings: KernelSettings, users: FakeUsers, bea: Person, phone: Phone
) -> None:
    kernel = msgspec.structs.replace(settings, trusted_proxies=("127.0.0.1",))
    async with auth_alone(kernel, users) as http:
        half = await first_half(http, bea)

        async def guess(code: str, place: int) -> httpx.Response:
            http.headers["X-Forwarded-For"] = f"203.0.113.{place}"
            return await second_half(http, half, code)

        answers = [await guess("a wrong code", place) for place in range(CODE_TRIES.quota)]
        assert {answer.status_code for answer in answers} == {401}
        assert (await guess(phone.next_code(), 200)).status_code == 429


async def test_right_codes_are_not_counted(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    half = await first_half(http, bea)
    answers = [await second_half(http, half, phone.next_code()) for _ in range(TRIES.quota * 2)]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("kind", ["app", "paper", "password"])
async def test_either_proof_makes_a_sign_in_fresh_again(
    http: httpx.AsyncClient, bea: Person, phone: Phone, kind: str
) -> None:
    proofs = {
        "app": {"code": phone.next_code()},
        "paper": {"code": phone.recovery_codes[0]},
        "password": {"password": PASSWORD},
    }
    answer = await http.post(AGAIN, json=proofs[kind], headers=bea.headers)
    assert (answer.status_code, answer.json()["session_id"]) == (200, bea.tokens["session_id"])


async def test_a_wrong_code_proves_nothing(http: httpx.AsyncClient, people: People, bea: Person, phone: Phone) -> None:
    ada = await people.join("Ada")
    for person, code in ((bea, phone.code()), (bea, "123"), (ada, "123456")):
        answer = await http.post(AGAIN, json={"code": code}, headers=person.headers)
        assert refusal(answer) == (401, "invalid_code")


@pytest.mark.parametrize("code", ["\u00e9" * 6, "\u0661\u0662\u0663\u0664\u0665\u0666", "12345\U0001f511"])
async def test_six_characters_that_are_no_digits_of_an_app_are_a_wrong_code(
    http: httpx.AsyncClient, bea: Person, code: str
) -> None:
    assert refusal(await second_half(http, await first_half(http, bea), code)) == (401, "invalid_code")
    assert refusal(await http.post(AGAIN, json={"code": code}, headers=bea.headers)) == (401, "invalid_code")


async def test_a_proof_is_one_of_the_two(http: httpx.AsyncClient, bea: Person, phone: Phone) -> None:
    answer = await http.post(AGAIN, json={"password": PASSWORD, "code": phone.next_code()}, headers=bea.headers)
    assert violations(answer) == {("/body/password", "required")}
