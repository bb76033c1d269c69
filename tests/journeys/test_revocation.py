"""Whose session has ended is refused within a second, on every instance, whatever Redis does."""

import time

import asyncpg
import httpx
import pytest
from msgspec import structs

from kernel.application import create_app
from kernel.module import Module
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.auth import authenticator
from tests.kernel.http.apps import problem_of
from tests.running import People, Person, bearer, eventually, running

DEACTIVATE = "UPDATE users.users SET is_active = false WHERE id = $1"
END = "UPDATE auth.sessions SET revoked_at = now(), reason = 'test' WHERE user_id = $1"


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


async def is_let_in(http: httpx.AsyncClient, person: Person) -> bool:
    answer = await http.get("/api/v1/users/me", headers=person.headers)
    if answer.status_code != 200:
        problem_of(answer, 401, "invalid_token")
    return answer.status_code == 200


@pytest.mark.parametrize("change", [DEACTIVATE, END])
async def test_what_changes_in_the_database_is_obeyed_within_a_second(
    client: httpx.AsyncClient, ada: Person, database_url: str, change: str
) -> None:
    assert await is_let_in(client, ada)
    connection = await asyncpg.connect(database_url)
    await connection.execute(change, ada.id)
    await connection.close()

    async def is_refused() -> bool:
        return not await is_let_in(client, ada)

    await eventually(is_refused, 1)


async def test_a_logout_holds_at_once_here_and_within_a_second_elsewhere(
    client: httpx.AsyncClient, ada: Person, runtime: Runtime, settings: KernelSettings, product: tuple[Module, ...]
) -> None:
    async with running(create_app(settings, product)) as elsewhere:
        assert await is_let_in(client, ada)
        assert await is_let_in(elsewhere, ada)
        await runtime.redis.client.flushdb()
        assert (await client.post("/api/v1/auth/logout", headers=ada.headers)).status_code == 204
        assert not await is_let_in(client, ada)

        async def is_refused() -> bool:
            return not await is_let_in(elsewhere, ada)

        await eventually(is_refused, 1)


@pytest.mark.parametrize("path", ["/me", "/{}", "/{}/deactivate"])
async def test_who_leaves_or_is_shut_out_is_refused_at_once_here(
    client: httpx.AsyncClient, people: People, ada: Person, database_url: str, path: str
) -> None:
    root = await people.join("Root")
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE users.users SET is_superuser = true WHERE id = $1", root.id)
    await connection.close()
    assert (await client.get("/api/v1/auth/sessions", headers=ada.headers)).status_code == 200
    method, who = ("POST" if path.endswith("deactivate") else "DELETE"), (ada if path == "/me" else root)
    answer = await client.request(method, f"/api/v1/users{path.format(ada.id)}", headers=who.headers)
    assert answer.is_success
    problem_of(await client.get("/api/v1/auth/sessions", headers=ada.headers), 401, "invalid_token")


async def test_a_token_that_was_seen_before_still_expires(
    client: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await is_let_in(client, ada)
    soon: float = time.time() + ada.tokens["expires_in"] + 1

    class Later:
        monotonic = staticmethod(time.monotonic)

        @staticmethod
        def time() -> float:
            return soon

    monkeypatch.setattr(authenticator, "time", Later)
    assert not await is_let_in(client, ada)


async def test_a_personal_token_that_is_revoked_is_refused_within_a_second_elsewhere(
    client: httpx.AsyncClient, ada: Person, runtime: Runtime, settings: KernelSettings, product: tuple[Module, ...]
) -> None:
    form = {"name": "a script", "scopes": []}
    made = (await client.post("/api/v1/auth/tokens", json=form, headers=ada.headers)).json()
    program = structs.replace(ada, headers=bearer(made["token"]))
    async with running(create_app(settings, product)) as elsewhere:
        assert await is_let_in(client, program)
        assert await is_let_in(elsewhere, program)
        await runtime.redis.client.flushdb()
        await client.delete(f"/api/v1/auth/tokens/{made['id']}", headers=ada.headers)
        assert not await is_let_in(client, program)

        async def is_refused() -> bool:
            return not await is_let_in(elsewhere, program)

        await eventually(is_refused, 1)
