"""What is taken away while somebody signs in with it lets nobody in, whoever is first."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import httpx
import pytest

from kernel.runtime import Runtime
from modules.auth.passwords import Passwords
from modules.auth.services import SecurityLog
from tests.kernel.support import is_waiting
from tests.problems import refusal
from tests.running import PASSWORD, People, Person, bearer, change_user, eventually

Act: TypeAlias = Callable[[], Awaitable[httpx.Response]]


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


@pytest.fixture
async def root(people: People, runtime: Runtime) -> Person:
    root = await people.join("Root")
    await change_user(runtime, root, is_superuser=True)
    return root


@pytest.fixture
def acts(client: httpx.AsyncClient, ada: Person, root: Person) -> dict[str, Act]:
    """What ends all sessions that Ada has not named herself."""
    passwords = {"current_password": PASSWORD, "new_password": "another correct horse"}
    return {
        "a new password": lambda: client.post("/api/v1/auth/password/change", json=passwords, headers=ada.headers),
        "a deactivation": lambda: client.post(f"/api/v1/users/{ada.id}/deactivate", headers=root.headers),
        "a departure": lambda: client.delete("/api/v1/users/me", headers=ada.headers),
    }


async def log_in(client: httpx.AsyncClient, person: Person) -> httpx.Response:
    return await client.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})


@pytest.mark.parametrize("act", ["a new password", "a deactivation", "a departure"])
async def test_what_is_done_while_a_password_is_looked_at_is_seen(
    client: httpx.AsyncClient, ada: Person, acts: dict[str, Act], act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = Passwords.verify

    async def slowly(self: Passwords, password: str, stored: str | None) -> bool:
        matches = await verify(self, password, stored)
        monkeypatch.setattr(Passwords, "verify", verify)
        assert (await asyncio.ensure_future(acts[act]())).is_success
        return matches

    monkeypatch.setattr(Passwords, "verify", slowly)
    answer = await log_in(client, ada)
    if act == "a departure":
        headers = bearer(answer.json()["access_token"])
        assert (await client.get("/api/v1/users/me", headers=headers)).status_code == 200, "a sign-in takes it back"
    else:
        assert refusal(answer) == (401, "invalid_credentials")


@pytest.mark.parametrize("act", ["a new password", "a deactivation", "a departure"])
async def test_what_is_done_while_a_session_begins_ends_it(
    client: httpx.AsyncClient,
    runtime: Runtime,
    ada: Person,
    acts: dict[str, Act],
    act: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    note_sign_in = SecurityLog.note_sign_in
    doing: list[asyncio.Task[httpx.Response]] = []

    async def slowly(self: SecurityLog, *given: object) -> None:
        doing.append(asyncio.ensure_future(acts[act]()))
        await eventually(partial(is_waiting, runtime.database), 3)
        await note_sign_in(self, *given)  # type: ignore[arg-type] # whatever it takes

    monkeypatch.setattr(SecurityLog, "note_sign_in", slowly)
    begun = await log_in(client, ada)
    assert (begun.status_code, (await doing[0]).is_success) == (200, True)
    refreshed = await client.post("/api/v1/auth/refresh", json={"refresh_token": begun.json()["refresh_token"]})
    assert refusal(refreshed) == (401, "refresh_invalid")
