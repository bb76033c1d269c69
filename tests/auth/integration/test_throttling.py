"""Wrong passwords are counted, right ones are not."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest

from kernel.runtime import Runtime
from kernel.settings import HttpSettings, KernelSettings
from modules.auth.controllers.passwords import MAILS
from modules.auth.services.throttling import NETWORK_TRIES, TRIES
from tests.auth.integration.conftest import auth_alone, disable
from tests.problems import refusal
from tests.running import PASSWORD, People, Person
from tests.users.fakes import FakeUsers

LOGIN = "/api/v1/auth/login"
WRONG = "a wrong password"


async def attempt(http: httpx.AsyncClient, email: str, password: str, ip: str = "203.0.113.1") -> httpx.Response:
    headers = {"X-Forwarded-For": ip}
    return await http.post(LOGIN, json={"email": email, "password": password}, headers=headers)


@pytest.fixture
async def behind(settings: KernelSettings, users: FakeUsers, runtime: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """The same people, seen through a proxy of ours: tests choose where they come from."""
    async with auth_alone(msgspec.structs.replace(settings, trusted_proxies=("127.0.0.1",)), users) as client:
        yield client


async def test_ten_wrong_passwords_in_a_quarter_of_an_hour_are_too_many(behind: httpx.AsyncClient, ada: Person) -> None:
    assert TRIES.quota + 900_000 / TRIES.interval <= 10
    answers = [await attempt(behind, ada.email, WRONG) for _ in range(TRIES.quota + 2)]
    assert [answer.status_code for answer in answers] == [401] * TRIES.quota + [429] * 2
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"sign-in";q=8;w=3600'}
    assert answers[0].headers["RateLimit"] == '"sign-in";r=7;t=450'
    assert refusal(answers[-1]) == (429, "rate_limited")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 450


async def test_not_even_the_right_password_gets_in_from_where_it_was_guessed_at(
    behind: httpx.AsyncClient, ada: Person
) -> None:
    for _ in range(TRIES.quota):
        await attempt(behind, ada.email, WRONG)
    assert (await attempt(behind, ada.email, PASSWORD)).status_code == 429
    assert (await attempt(behind, ada.email, PASSWORD, "203.0.113.2")).status_code == 200, "nobody is locked out"


async def test_others_in_the_same_network_still_get_in(behind: httpx.AsyncClient, people: People, ada: Person) -> None:
    bob = await people.join("Bob")
    for _ in range(TRIES.quota * 2):
        await attempt(behind, ada.email, WRONG)
    assert (await attempt(behind, bob.email, PASSWORD)).status_code == 200


async def test_who_tries_one_password_on_many_accounts_is_stopped_too(behind: httpx.AsyncClient, ada: Person) -> None:
    many = [f"{number}@example.org" for number in range(NETWORK_TRIES.quota + 5)]
    answers = [await attempt(behind, email, WRONG) for email in many]
    assert [answer.status_code for answer in answers] == [401] * NETWORK_TRIES.quota + [429] * 5
    assert (await attempt(behind, ada.email, PASSWORD)).status_code == 429
    assert (await attempt(behind, ada.email, PASSWORD, "203.0.113.2")).status_code == 200


async def test_of_many_wrong_passwords_at_once_not_one_more_is_looked_at(
    behind: httpx.AsyncClient, ada: Person
) -> None:
    answers = await asyncio.gather(*(attempt(behind, ada.email, WRONG) for _ in range(100)))
    assert [answer.status_code for answer in answers].count(401) == TRIES.quota
    assert [answer.status_code for answer in answers].count(429) == 100 - TRIES.quota


async def test_right_passwords_are_not_counted_however_many(behind: httpx.AsyncClient, ada: Person) -> None:
    together = await asyncio.gather(*(attempt(behind, ada.email, PASSWORD) for _ in range(64)))
    one_by_one = [await attempt(behind, ada.email, PASSWORD) for _ in range(TRIES.quota * 2)]
    assert {answer.status_code for answer in [*together, *one_by_one]} == {200}
    answers = [await attempt(behind, ada.email, WRONG) for _ in range(TRIES.quota + 1)]
    assert [answer.status_code for answer in answers] == [401] * TRIES.quota + [429]


@pytest.mark.parametrize("known", [True, False])
async def test_another_spelling_of_an_address_is_no_further_try(
    behind: httpx.AsyncClient, people: People, known: bool
) -> None:
    local = "micah" if known else "nobody"
    if known:
        await people.join("Micah", email="micah@example.org")
    wide = "".join(chr(ord(char) + 0xFEE0) for char in local)
    spellings = [f"{local}@example.org", f"{local.upper()}@example.org", f"{wide}@EXAMPLE.org"]
    answers = [await attempt(behind, spellings[number % 3], WRONG) for number in range(TRIES.quota + 1)]
    assert [answer.status_code for answer in answers] == [401] * TRIES.quota + [429]


@pytest.mark.parametrize(
    ("path", "field"), [("password/forgot", "email"), ("email/verify/resend", "email"), ("email/change", "new_email")]
)
async def test_mails_to_another_spelling_of_an_address_are_mails_to_the_same(
    http: httpx.AsyncClient, ada: Person, path: str, field: str
) -> None:
    local = f"mona{path.replace('/', '')}"
    wide = "".join(chr(ord(char) + 0xFEE0) for char in local)
    spellings = [f"{local}@example.org", f"{local.upper()}@EXAMPLE.org", f"{wide}@example.org"]
    answers = [
        await http.post(f"/api/v1/auth/{path}", json={field: spellings[number % 3]}, headers=ada.headers)
        for number in range(MAILS.quota + 1)
    ]
    assert [answer.status_code for answer in answers] == [202] * MAILS.quota + [429]


async def test_an_account_that_is_disabled_or_unknown_is_throttled_alike(
    behind: httpx.AsyncClient, users: FakeUsers, people: People
) -> None:
    gone = await people.join("Bob")
    disable(users, gone)
    for email in (gone.email, "nobody@example.org", "no address"):
        answers = [await attempt(behind, email, PASSWORD) for _ in range(TRIES.quota + 1)]
        assert [answer.status_code for answer in answers] == [401] * TRIES.quota + [429]
        assert answers[0].headers["RateLimit"] == '"sign-in";r=7;t=450'


async def test_another_address_in_the_same_household_is_no_further_try(behind: httpx.AsyncClient, ada: Person) -> None:
    answers = [await attempt(behind, ada.email, WRONG, f"2001:db8::{host}") for host in range(TRIES.quota + 1)]
    assert [answer.status_code for answer in answers] == [401] * TRIES.quota + [429]


async def test_who_is_no_proxy_of_ours_chooses_no_address(http: httpx.AsyncClient, ada: Person) -> None:
    answers = [await attempt(http, ada.email, WRONG, f"203.0.113.{host}") for host in range(100)]
    assert [answer.status_code for answer in answers].count(401) == TRIES.quota


async def test_switched_off_there_is_no_limit(settings: KernelSettings, users: FakeUsers, ada: Person) -> None:
    kernel = msgspec.structs.replace(settings, http=HttpSettings(rate_limits="off"))
    async with auth_alone(kernel, users) as http:
        answers = [await attempt(http, ada.email, WRONG) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {401}
    assert "RateLimit" not in answers[0].headers
