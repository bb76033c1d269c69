"""Whoever loses a right loses it within a second, on every instance, under a loop of calls; and never has it again."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.running import PASSWORD

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("QUIRE_FAULT_ROUNDS", "2"))
PROMISE = 1.0
"""Seconds from the acknowledgement to the last call that is let in."""

AFTERWARDS = 1.5
"""Seconds for which the refused go on trying."""

Seen = list[tuple[float, int]]
"""When a call began, and its status."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("rights")) as rig:
        yield rig


@pytest.fixture(scope="module")
async def instances(servers: Rig) -> list[str]:
    return list(await asyncio.gather(servers.api(), servers.api()))


class Person:
    """Somebody who is signed in, as both instances know them."""

    def __init__(self, user_id: str, token: str) -> None:
        self.id = user_id
        self.token = token


async def join(address: str, database: asyncpg.Connection, **columns: Any) -> Person:  # Any: of any type
    """Sign up and in; ``columns`` of their row are set in between."""
    http = Connection(address)
    form = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "name": "Ann"}
    _, user = await http.call("POST", "/api/v1/auth/register", form)
    for name, value in columns.items():
        await database.execute(f"UPDATE users.users SET {name} = $1 WHERE id = $2", value, user["id"])
    credentials = {"email": form["email"], "password": PASSWORD}
    _, tokens = await http.call("POST", "/api/v1/auth/login", credentials)
    http.close()
    return Person(user["id"], tokens["access_token"])


@asynccontextmanager
async def calling(address: str, person: Person, path: str) -> AsyncGenerator[Seen]:
    """Somebody who calls again and again."""
    http, seen = Connection(address, person.token), Seen()

    async def call() -> None:
        while True:
            began = time.monotonic()
            status, _ = await http.call("GET", path)
            seen.append((began, status))
            await asyncio.sleep(0.005)

    loop = asyncio.create_task(call())
    try:
        yield seen
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        http.close()


async def deactivate(root: Connection, ann: Person) -> int:
    return (await root.call("POST", f"/api/v1/users/{ann.id}/deactivate"))[0]


async def delete(root: Connection, ann: Person) -> int:
    return (await root.call("DELETE", f"/api/v1/users/{ann.id}"))[0]


async def strip(root: Connection, ann: Person) -> int:
    return (await root.call("PUT", f"/api/v1/users/{ann.id}/roles", {"roles": []}))[0]


async def change_the_role(root: Connection, ann: Person) -> int:
    return (await root.call("PATCH", "/api/v1/users/roles/reader", {"permissions": []}))[0]


async def delete_the_role(root: Connection, ann: Person) -> int:
    return (await root.call("DELETE", "/api/v1/users/roles/reader"))[0]


ME, PEOPLE = "/api/v1/users/me", "/api/v1/users?limit=1"


@pytest.mark.parametrize(
    ("lose", "path", "refused"),
    [
        (deactivate, ME, 401),
        (delete, ME, 401),
        (strip, PEOPLE, 403),
        (change_the_role, PEOPLE, 403),
        (delete_the_role, PEOPLE, 403),
    ],
)
async def test_who_loses_a_right_is_refused_within_a_second_everywhere(
    servers: Rig, instances: list[str], lose: Callable[[Connection, Person], Awaitable[int]], path: str, refused: int
) -> None:
    here, there = instances
    database = await asyncpg.connect(servers.postgres.url)
    root = Connection(here, (await join(here, database, is_superuser=True)).token)
    worst = 0.0
    for _ in range(ROUNDS):
        await root.call("POST", "/api/v1/users/roles", {"name": "reader", "permissions": ["users:read:any"]})
        await root.call("PATCH", "/api/v1/users/roles/reader", {"permissions": ["users:read:any"]})
        ann = await join(here, database, roles=["reader"])
        async with calling(here, ann, path) as seen_here, calling(there, ann, path) as seen_there:
            await asyncio.sleep(0.7)
            assert {status for _, status in seen_here + seen_there} == {200}
            assert await lose(root, ann) in {200, 204}
            acknowledged = time.monotonic()
            await asyncio.sleep(PROMISE + AFTERWARDS)
        for seen in (seen_here, seen_there):
            let_in = [began for began, status in seen if status == 200]
            assert {status for began, status in seen if began > let_in[-1]} == {refused}
            assert {status for began, status in seen if began < let_in[-1]} == {200}, "refused, then let in again"
            worst = max(worst, let_in[-1] - acknowledged)
    assert worst <= PROMISE
    root.close()
    await database.close()
