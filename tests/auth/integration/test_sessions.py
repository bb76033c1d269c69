"""``/auth/sessions``: where one is signed in."""

from datetime import timedelta

import httpx

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from modules.auth.models import SessionRow
from tests.auth.integration.conftest import alter
from tests.problems import refusal
from tests.running import PASSWORD, People, Person, bearer

SESSIONS = "/api/v1/auth/sessions"
LOGIN, REFRESH = "/api/v1/auth/login", "/api/v1/auth/refresh"


async def sessions(http: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    """Their ids, in the order of the list."""
    return [each["id"] for each in (await http.get(SESSIONS, headers=headers)).json()["items"]]


async def test_a_session_says_when_and_from_where_it_is_used(http: httpx.AsyncClient, ada: Person) -> None:
    form = {"email": ada.email, "password": PASSWORD}
    tokens = (await http.post(LOGIN, json=form, headers={"User-Agent": "a browser"})).json()
    answer = await http.get(SESSIONS, headers=bearer(tokens["access_token"]))
    here, there = answer.json()["items"]
    assert here.keys() == {"id", "created_at", "last_used_at", "ip", "user_agent", "current"}
    assert (here["id"], here["ip"], here["user_agent"]) == (tokens["session_id"], "127.0.0.1", "a browser")
    assert (here["current"], there["current"]) == (True, False)
    assert there["id"] == ada.tokens["session_id"]
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_refresh_is_a_use(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    session_id = ada.tokens["session_id"]
    await alter(runtime, SessionRow, session_id, rotated_at=utc_now() - timedelta(hours=1))
    (before,) = (await http.get(SESSIONS, headers=ada.headers)).json()["items"]
    await http.post(REFRESH, json={"refresh_token": ada.tokens["refresh_token"]})
    (after,) = (await http.get(SESSIONS, headers=ada.headers)).json()["items"]
    assert before["last_used_at"] < after["created_at"] < after["last_used_at"]
    assert before["created_at"] == after["created_at"]


async def test_sessions_come_in_pages_newest_first(http: httpx.AsyncClient, people: People, ada: Person) -> None:
    ids = [ada.tokens["session_id"], *[(await people.sign_in(ada.email))["session_id"] for _ in range(4)]]
    await people.join("Bob")
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params: dict[str, str | int] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await http.get(SESSIONS, params=params, headers=ada.headers)).json()
        seen += [each["id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ids[::-1]


async def test_what_has_ended_is_not_listed(
    http: httpx.AsyncClient, people: People, runtime: Runtime, ada: Person
) -> None:
    over, gone = [(await people.sign_in(ada.email))["session_id"] for _ in range(2)]
    await alter(runtime, SessionRow, over, expires_at=utc_now())
    assert (await http.delete(f"{SESSIONS}/{gone}", headers=ada.headers)).status_code == 204
    assert await sessions(http, ada.headers) == [ada.tokens["session_id"]]


async def test_a_session_that_is_ended_is_over_at_once(http: httpx.AsyncClient, people: People, ada: Person) -> None:
    other = await people.sign_in(ada.email)
    headers = bearer(other["access_token"])
    assert (await http.get(SESSIONS, headers=headers)).status_code == 200
    await http.delete(f"{SESSIONS}/{other['session_id']}", headers=ada.headers)
    assert refusal(await http.get(SESSIONS, headers=headers)) == (401, "invalid_token")
    refreshed = await http.post(REFRESH, json={"refresh_token": other["refresh_token"]})
    assert refusal(refreshed) == (401, "refresh_invalid")
    assert await sessions(http, ada.headers) == [ada.tokens["session_id"]]


async def test_one_can_end_the_session_one_is_in(http: httpx.AsyncClient, ada: Person) -> None:
    await http.delete(f"{SESSIONS}/{ada.tokens['session_id']}", headers=ada.headers)
    assert refusal(await http.get(SESSIONS, headers=ada.headers)) == (401, "invalid_token")


async def test_all_but_the_current_one_can_be_ended(http: httpx.AsyncClient, people: People, ada: Person) -> None:
    bob = await people.join("Bob")
    for _ in range(3):
        await people.sign_in(ada.email)
    assert (await http.delete(SESSIONS, headers=ada.headers)).status_code == 204
    assert await sessions(http, ada.headers) == [ada.tokens["session_id"]]
    assert await sessions(http, bob.headers) == [bob.tokens["session_id"]]


async def test_a_session_of_somebody_else_is_as_unknown_as_one_that_never_was(
    http: httpx.AsyncClient, people: People, ada: Person
) -> None:
    bob = await people.join("Bob")
    told = set()
    for session_id in (bob.tokens["session_id"], str(new_id())):
        answer = await http.delete(f"{SESSIONS}/{session_id}", headers=ada.headers)
        assert refusal(answer) == (404, "not_found")
        told.add(answer.text.replace(session_id, "").replace(answer.headers["X-Request-ID"], ""))
    assert len(told) == 1
    assert await sessions(http, bob.headers) == [bob.tokens["session_id"]]


async def test_what_is_ended_twice_was_not_there_the_second_time(
    http: httpx.AsyncClient, people: People, ada: Person
) -> None:
    other = await people.sign_in(ada.email)
    answers = [await http.delete(f"{SESSIONS}/{other['session_id']}", headers=ada.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 404]
