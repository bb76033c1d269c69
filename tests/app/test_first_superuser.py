"""The first superuser, from settings."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from app.administration import create_first_superuser
from app.processes import free_port
from kernel.runtime import Runtime
from kernel.settings import SettingsError
from tests.app.children import QUIRE, clean_env, running
from tests.running import PASSWORD, People, bearer


@pytest.fixture
def given(env: dict[str, str], runtime: Runtime) -> dict[str, str]:
    """``runtime`` deletes who comes of it."""
    email = f"{uuid4().hex}@example.org"
    return {**env, "QUIRE_SUPERUSER_EMAIL": email, "QUIRE_SUPERUSER_PASSWORD": PASSWORD}


async def superusers(client: httpx.AsyncClient, people: People, given: dict[str, str]) -> list[str]:
    """As the one who was made sees them."""
    tokens = await people.sign_in(given["QUIRE_SUPERUSER_EMAIL"])
    headers = bearer(tokens["access_token"])
    listed = await client.get("/api/v1/users", params={"is_superuser": "true"}, headers=headers)
    return [user["email"] for user in listed.json()["items"]]


async def test_of_many_processes_that_start_at_once_one_makes_it(
    given: dict[str, str], client: httpx.AsyncClient, people: People
) -> None:
    await asyncio.gather(*(asyncio.to_thread(create_first_superuser, given) for _ in range(3)))
    assert await superusers(client, people, given) == [given["QUIRE_SUPERUSER_EMAIL"]]
    await asyncio.to_thread(create_first_superuser, {**given, "QUIRE_SUPERUSER_EMAIL": "another@example.org"})
    assert await superusers(client, people, given) == [given["QUIRE_SUPERUSER_EMAIL"]]


@pytest.mark.parametrize("password", ["", "qwertyuiop", "short"])
def test_a_password_that_nobody_may_have_is_named_by_its_variable(given: dict[str, str], password: str) -> None:
    with pytest.raises(SettingsError, match="QUIRE_SUPERUSER_PASSWORD") as refused:
        create_first_superuser({**given, "QUIRE_SUPERUSER_PASSWORD": password})
    assert not password or password not in str(refused.value)


async def test_somebody_else_who_has_the_address_does_not_become_one(given: dict[str, str], people: People) -> None:
    await people.join(email=given["QUIRE_SUPERUSER_EMAIL"])
    with pytest.raises(SettingsError, match="QUIRE_SUPERUSER_EMAIL"):
        await asyncio.to_thread(create_first_superuser, given)


def test_it_is_looked_at_when_the_api_starts(given: dict[str, str]) -> None:
    variables = clean_env(**{**given, "QUIRE_SUPERUSER_PASSWORD": "qwertyuiop"})
    with running(*QUIRE, "serve", "--port", free_port(), env=variables) as process:
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (2, "")
    assert stderr.startswith("quire: QUIRE_SUPERUSER_EMAIL, QUIRE_SUPERUSER_PASSWORD: ")
    assert stderr.count("\n") == 1


def test_what_is_wrong_on_the_command_line_is_named_by_where_it_comes_from(env: dict[str, str]) -> None:
    command = [*QUIRE, "create-superuser", "--email", "olga", "--name", ""]
    with running(*command, env=clean_env(**env, QUIRE_SUPERUSER_PASSWORD="brief")) as process:
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout, stderr.count("\n")) == (1, "", 1)
    assert [word for word in stderr.split() if word.startswith(("--", "QUIRE_"))] == [
        "--email:",
        "QUIRE_SUPERUSER_PASSWORD:",
        "--name:",
    ]
    assert "brief" not in stderr
