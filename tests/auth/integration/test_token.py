"""POST ``/auth/token``: the OAuth2 password grant (RFC 6749, sections 4.3 and 5)."""

import httpx
import pytest

from tests.auth.integration.conftest import disable
from tests.problems import refusal
from tests.running import PASSWORD, People, Person, bearer
from tests.users.fakes import FakeUsers

TOKEN = "/api/v1/auth/token"


def form(person: Person, **changes: str) -> dict[str, str]:
    return {"grant_type": "password", "username": person.email, "password": PASSWORD, **changes}


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, which has to have the form of the RFC."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body.keys() == {"error"}
    return answer.status_code, body["error"]


async def test_a_form_begins_a_session_like_every_sign_in(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await http.post(TOKEN, data=form(ada, scope="", client_id="swagger"))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    pair = answer.json()
    assert pair.keys() == ada.tokens.keys()
    headers = bearer(pair["access_token"])
    assert (await http.get("/api/v1/auth/sessions", headers=headers)).status_code == 200
    refreshed = await http.post("/api/v1/auth/refresh", json={"refresh_token": pair["refresh_token"]})
    assert refreshed.status_code == 200


async def test_credentials_of_a_client_are_not_looked_at(http: httpx.AsyncClient, ada: Person) -> None:
    assert (await http.post(TOKEN, data=form(ada), auth=("client", "secret"))).status_code == 200


async def test_whatever_is_wrong_with_a_sign_in_is_an_invalid_grant(
    http: httpx.AsyncClient, users: FakeUsers, people: People, ada: Person
) -> None:
    gone = await people.join("Bob")
    disable(users, gone)
    wrong = [form(ada, password="wrong"), form(ada, username="nobody@example.org"), form(ada, username="-"), form(gone)]
    answers = [await http.post(TOKEN, data=each) for each in wrong]
    assert {error(answer) for answer in answers} == {(400, "invalid_grant")}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "invalid_request"),
        ("username=a&password=b", "invalid_request"),
        ("grant_type=password", "invalid_request"),
        ("grant_type=password&username=a", "invalid_request"),
        ("grant_type=password&username=a&password=", "invalid_request"),
        ("grant_type=password&username=a&password=b&password=c", "invalid_request"),
        ("grant_type=password&username=%ff&password=b", "invalid_request"),
        ("grant_type=password&username=a&password=" + "x" * 2001, "invalid_request"),
        ("&".join(f"f{number}=" for number in range(50)), "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", "unsupported_grant_type"),
        ("grant_type=client_credentials", "unsupported_grant_type"),
        ("grant_type=password&username=%00&password=%00", "invalid_grant"),
    ],
)
async def test_a_form_that_is_wrong_says_so(http: httpx.AsyncClient, body: str, code: str) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert error(await http.post(TOKEN, content=body, headers=headers)) == (400, code)


async def test_a_form_that_is_missing_is_a_wrong_one(http: httpx.AsyncClient) -> None:
    assert error(await http.post(TOKEN)) == (400, "invalid_request")


async def test_wrong_passwords_are_counted_and_noted_here_too(http: httpx.AsyncClient, ada: Person) -> None:
    answers = [await http.post(TOKEN, data=form(ada, password="wrong")) for _ in range(9)]
    assert [answer.status_code for answer in answers] == [400] * 8 + [429]
    assert refusal(answers[-1]) == (429, "rate_limited")
    assert (await http.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})).status_code == 429
    events = (await http.get("/api/v1/auth/events", headers=ada.headers)).json()["items"]
    assert [event["kind"] for event in events] == ["sign_in_failed"] * 8 + ["signed_in"]


async def test_json_is_for_all_other_addresses(http: httpx.AsyncClient, ada: Person) -> None:
    assert refusal(await http.post(TOKEN, json=form(ada))) == (415, "unsupported_media_type")
    assert refusal(await http.post("/api/v1/auth/login", data=form(ada))) == (415, "unsupported_media_type")
