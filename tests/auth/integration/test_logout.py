"""POST ``/auth/logout``."""

from collections.abc import Mapping

import httpx
import pytest

from tests.problems import refusal, violations
from tests.running import People, Person, bearer

LOGOUT = "/api/v1/auth/logout"
DOOR = "/api/v1/door"
REFRESH = "/api/v1/auth/refresh"


async def log_out(http: httpx.AsyncClient, tokens: Mapping[str, str], body: object) -> httpx.Response:
    return await http.post(LOGOUT, json=body, headers=bearer(tokens["access_token"]))


async def lives(http: httpx.AsyncClient, tokens: Mapping[str, str]) -> tuple[bool, bool]:
    """Whether the access token and the refresh token of a session are good."""
    accessed = await http.get(DOOR, headers=bearer(tokens["access_token"]))
    refreshed = await http.post(REFRESH, json={"refresh_token": tokens["refresh_token"]})
    return accessed.status_code == 200, refreshed.status_code == 200


@pytest.mark.parametrize(
    ("scope", "here", "there"), [("local", False, True), ("others", True, False), ("global", False, False)]
)
async def test_a_scope_ends_these_sessions_and_no_other(
    http: httpx.AsyncClient, people: People, scope: str, *, here: bool, there: bool
) -> None:
    ada, bob = await people.join("Ada"), await people.join("Bob")
    other = await people.sign_in(ada.email)
    assert (await log_out(http, ada.tokens, {"scope": scope})).status_code == 204
    assert await lives(http, ada.tokens) == (here, here)
    assert await lives(http, other) == (there, there)
    assert await lives(http, bob.tokens) == (True, True)


@pytest.mark.parametrize(
    ("content", "announced"),
    [(b"", {}), *((body, {"Content-Type": "application/json"}) for body in (b"", b"{}", b"null", b" {} "))],
)
async def test_without_a_scope_this_session_ends(
    http: httpx.AsyncClient, people: People, content: bytes, announced: dict[str, str]
) -> None:
    ada = await people.join("Ada")
    other = await people.sign_in(ada.email)
    answer = await http.post(LOGOUT, content=content, headers={**ada.headers, **announced})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await lives(http, ada.tokens), await lives(http, other)) == ((False, False), (True, True))


async def test_a_session_ends_once(http: httpx.AsyncClient, ada: Person) -> None:
    await log_out(http, ada.tokens, {})
    answer = await log_out(http, ada.tokens, {})
    assert refusal(answer) == (401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_who_is_not_signed_in_cannot_leave(http: httpx.AsyncClient) -> None:
    answer = await http.post(LOGOUT)
    assert refusal(answer) == (401, "not_authenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"scope": "all"}, ("/body/scope", "invalid_choice")),
        ({"scope": "LOCAL"}, ("/body/scope", "invalid_choice")),
        ({"scope": None}, ("/body/scope", "invalid_choice")),
        ({"scope": ["local"]}, ("/body/scope", "invalid_choice")),
        ({"session_id": "x"}, ("/body/session_id", "unknown_field")),
        ([], ("/body", "invalid_type")),
        ("local", ("/body", "invalid_type")),
    ],
)
async def test_an_unknown_scope_is_refused_and_nobody_leaves(
    http: httpx.AsyncClient, ada: Person, body: object, wrong: tuple[str, str]
) -> None:
    assert violations(await log_out(http, ada.tokens, body)) == {wrong}
    assert await lives(http, ada.tokens) == (True, True)
