"""POST ``/auth/reauthenticate``: saying once more who one is."""

import httpx

from kernel.runtime import Runtime
from tests.auth.integration.conftest import make_stale
from tests.problems import refusal, violations
from tests.running import PASSWORD, Person, bearer

AGAIN, REFRESH, VAULT = "/api/v1/auth/reauthenticate", "/api/v1/auth/refresh", "/api/v1/vault"


async def prove(http: httpx.AsyncClient, person: Person, password: str = PASSWORD) -> httpx.Response:
    return await http.post(AGAIN, json={"password": password}, headers=person.headers)


async def test_an_old_sign_in_becomes_fresh_again(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    assert (await http.get(VAULT, headers=ada.headers)).status_code == 200, "a login counts"
    await make_stale(http, runtime, ada)
    assert refusal(await http.get(VAULT, headers=ada.headers)) == (403, "reauthentication_required")
    answer = await prove(http, ada)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    pair = answer.json()
    assert pair["session_id"] == ada.tokens["session_id"]
    for token in (pair["access_token"], ada.tokens["access_token"]):
        assert (await http.get(VAULT, headers=bearer(token))).status_code == 200


async def test_a_client_may_go_on_with_the_refresh_token_that_it_has(http: httpx.AsyncClient, ada: Person) -> None:
    pair = (await prove(http, ada)).json()
    assert pair["refresh_token"] == ada.tokens["refresh_token"]
    assert (await http.post(REFRESH, json={"refresh_token": pair["refresh_token"]})).status_code == 200


async def test_a_wrong_password_proves_nothing(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    await make_stale(http, runtime, ada)
    assert refusal(await prove(http, ada, "a wrong password")) == (401, "invalid_credentials")
    assert refusal(await http.get(VAULT, headers=ada.headers)) == (403, "reauthentication_required")


async def test_wrong_passwords_are_counted_like_those_of_a_sign_in(http: httpx.AsyncClient, ada: Person) -> None:
    answers = [await prove(http, ada, "a wrong password") for _ in range(9)]
    assert [answer.status_code for answer in answers] == [401] * 8 + [429]
    login = await http.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert refusal(login) == (429, "rate_limited")


async def test_a_form_needs_a_password(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.post(AGAIN, json={}, headers=ada.headers)
    assert violations(answer) == {("/body/password", "required")}
