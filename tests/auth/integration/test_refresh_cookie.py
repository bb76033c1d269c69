"""Browsers: the refresh token in a cookie that no script can read."""

from collections.abc import AsyncGenerator

import httpx
import msgspec
import pytest

from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from tests.auth.integration.conftest import auth_alone
from tests.auth.integration.second_factor import Phone, first_half, second_half
from tests.problems import refusal, violations
from tests.running import PASSWORD, People, Person, bearer
from tests.users.fakes import FakeUsers

LOGIN, REFRESH, LOGOUT = "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout"
SAME_SITE = {"X-Requested-With": "fetch"}


@pytest.fixture
async def browser(settings: KernelSettings, users: FakeUsers, runtime: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of its own, whose cookies nobody else sees."""
    async with auth_alone(settings, users) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient, person: Person) -> httpx.Response:
    answer = await browser.post(LOGIN, json={"email": person.email, "password": PASSWORD, "cookie": True})
    assert answer.status_code == 200
    return answer


def attributes(answer: httpx.Response) -> set[str]:
    """Of the one cookie that is set, without its value."""
    (line,) = answer.headers.get_list("set-cookie")
    name, *rest = line.split("; ")
    return {name.partition("=")[0], *(each.lower() for each in rest)}


async def test_the_refresh_token_is_in_the_cookie_and_not_in_the_answer(
    browser: httpx.AsyncClient, ada: Person
) -> None:
    answer = await sign_in(browser, ada)
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "session_id"}
    assert attributes(answer) == {
        "quire_refresh",
        "httponly",
        "samesite=strict",
        "path=/api/v1/auth",
        "max-age=2592000",
    }
    assert answer.cookies["quire_refresh"].startswith(answer.json()["session_id"])


async def test_over_https_alone_where_the_product_is_reached_so(
    settings: KernelSettings, users: FakeUsers, ada: Person
) -> None:
    kernel = msgspec.structs.replace(settings, public_url="https://quire.test")
    async with auth_alone(kernel, users) as browser:
        assert "secure" in attributes(await sign_in(browser, ada))


async def test_without_asking_nobody_gets_a_cookie(browser: httpx.AsyncClient, ada: Person) -> None:
    answer = await browser.post(LOGIN, json={"email": ada.email, "password": PASSWORD})
    assert "set-cookie" not in answer.headers
    assert "refresh_token" in answer.json()


async def test_a_refresh_rotates_the_cookie(browser: httpx.AsyncClient, ada: Person) -> None:
    first = (await sign_in(browser, ada)).cookies["quire_refresh"]
    answer = await browser.post(REFRESH, headers=SAME_SITE)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json().keys() == {"access_token", "token_type", "expires_in", "session_id"}
    assert answer.cookies["quire_refresh"] != first
    assert "httponly" in attributes(answer)
    assert (await browser.post(REFRESH, headers=SAME_SITE)).status_code == 200


async def test_what_another_site_could_have_sent_is_refused_and_changes_nothing(
    browser: httpx.AsyncClient, ada: Person
) -> None:
    headers = bearer((await sign_in(browser, ada)).json()["access_token"])
    before = (await browser.get("/api/v1/auth/sessions", headers=headers)).json()
    refused = await browser.post(REFRESH)
    assert refusal(refused) == (403, "cross_site_request")
    assert "set-cookie" not in refused.headers
    assert (await browser.get("/api/v1/auth/sessions", headers=headers)).json() == before


async def test_a_copied_cookie_ends_the_session_like_every_copied_token(
    browser: httpx.AsyncClient, ada: Person
) -> None:
    copied = (await sign_in(browser, ada)).cookies["quire_refresh"]
    for _ in range(2):
        await browser.post(REFRESH, headers=SAME_SITE)
    stolen = await browser.post(REFRESH, json={"refresh_token": copied})
    assert refusal(stolen) == (401, "refresh_reused")
    assert refusal(await browser.post(REFRESH, headers=SAME_SITE)) == (401, "refresh_invalid")


async def test_without_a_body_and_without_a_cookie_there_is_nothing_to_refresh(browser: httpx.AsyncClient) -> None:
    assert refusal(await browser.post(REFRESH, headers=SAME_SITE)) == (400, "malformed_body")


@pytest.mark.parametrize(("scope", "kept"), [("local", False), ("global", False), ("others", True)])
async def test_a_logout_deletes_the_cookie(browser: httpx.AsyncClient, ada: Person, scope: str, kept: bool) -> None:
    pair = (await sign_in(browser, ada)).json()
    headers = bearer(pair["access_token"])
    answer = await browser.post(LOGOUT, json={"scope": scope}, headers=headers)
    assert answer.status_code == 204
    assert ("quire_refresh" in browser.cookies) is kept
    if not kept:
        assert {"quire_refresh", "max-age=0", "path=/api/v1/auth"} <= attributes(answer)


async def test_a_proof_of_a_browser_does_not_show_it_the_token(browser: httpx.AsyncClient, ada: Person) -> None:
    pair = (await sign_in(browser, ada)).json()
    headers = bearer(pair["access_token"])
    answer = await browser.post("/api/v1/auth/reauthenticate", json={"password": PASSWORD}, headers=headers)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert (await browser.post(REFRESH, headers=SAME_SITE)).status_code == 200


async def test_a_new_password_of_a_browser_does_not_show_it_the_token(browser: httpx.AsyncClient, ada: Person) -> None:
    pair = (await sign_in(browser, ada)).json()
    headers = bearer(pair["access_token"])
    form = {"current_password": PASSWORD, "new_password": "another correct horse"}
    answer = await browser.post("/api/v1/auth/password/change", json=form, headers=headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert "refresh_token" not in answer.json()
    assert (await browser.post(REFRESH, headers=SAME_SITE)).status_code == 200


async def test_a_later_sign_in_gets_a_cookie_only_if_it_asks_for_one(
    browser: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie, phone = (await sign_in(browser, ada)).cookies["quire_refresh"], Phone(monkeypatch)
    password = await browser.post(LOGIN, json={"email": ada.email, "password": PASSWORD})
    await phone.enrol(browser, ada)
    code = await second_half(browser, await first_half(browser, ada), phone.next_code())
    for answer in (password, code):
        assert (answer.status_code, "refresh_token" in answer.json()) == (200, True)
        assert "set-cookie" not in answer.headers
    assert browser.cookies["quire_refresh"] == cookie


async def test_an_empty_object_is_as_good_as_no_body(browser: httpx.AsyncClient, ada: Person) -> None:
    assert violations(await browser.post(REFRESH, json={}, headers=SAME_SITE)) == {("/body/refresh_token", "required")}
    await sign_in(browser, ada)
    assert refusal(await browser.post(REFRESH, json={})) == (403, "cross_site_request")
    answer = await browser.post(REFRESH, json={}, headers=SAME_SITE)
    assert (answer.status_code, "refresh_token" in answer.json()) == (200, False)


async def test_a_cookie_is_no_proof_anywhere_else(browser: httpx.AsyncClient, people: People, ada: Person) -> None:
    await sign_in(browser, ada)
    assert refusal(await browser.get("/api/v1/auth/sessions")) == (401, "not_authenticated")
