"""An instance that is killed between a commit and its answer: who repeats the request with its key gets that answer."""

import asyncio
import os

import asyncpg
import pytest

from tests.faults.http import Connection
from tests.faults.rig import Rig, is_ready
from tests.faults.staleness import hang_up, make_authors

pytestmark = pytest.mark.faults

WRITES = int(os.environ.get("QUIRE_FAULT_WRITES", "100"))
COMMITS = 40
"""What each process lives to see."""

AT_ONCE = 8
WRITTEN = "SELECT id::text, title FROM posts.posts WHERE title LIKE 'Post %'"


async def test_no_write_is_lost_or_doubled_although_its_answer_never_came(rig: Rig) -> None:
    address = await rig.api(program="tests.faults.dying", QUIRE_FAULT_COMMITS=str(COMMITS))
    instance = rig.started[-1]
    [author] = await make_authors(address, 1)
    answers: dict[str, str] = {}
    tries = kills = 0

    async def start_again_and_again() -> None:
        nonlocal kills
        while True:
            await asyncio.to_thread(instance.wait)
            kills += 1
            instance.start()
            await is_ready(address)

    async def write(connection: Connection, number: int) -> None:
        """Until it is acknowledged."""
        nonlocal tries
        post = {"title": f"Post {number}", "body": "x", "status": "published"}
        status = 0
        while status != 201:
            tries += 1
            try:
                status, answer = await connection.call("POST", "/api/v1/posts", post, Idempotency_Key=f"key-{number}")
            except (OSError, EOFError):
                await asyncio.sleep(0.05)
            else:
                assert status in {201, 409}, answer
        answers[answer["id"]] = post["title"]

    async def write_in_turn(connection: Connection, numbers: range) -> None:
        for number in numbers:
            await write(connection, number)

    connections = [Connection(address, author.token) for _ in range(AT_ONCE)]
    watching = asyncio.create_task(start_again_and_again())
    parts = [range(first, WRITES, AT_ONCE) for first in range(AT_ONCE)]
    await asyncio.gather(*(write_in_turn(*each) for each in zip(connections, parts, strict=True)))
    watching.cancel()
    hang_up(connections)
    database = await asyncpg.connect(rig.postgres.url)
    rows = [tuple(row) for row in await database.fetch(WRITTEN)]
    await database.close()
    print(f"{WRITES} writes, {kills} kills between commit and answer, {tries} tries: {len(rows)} posts")
    assert kills >= WRITES // COMMITS
    assert sorted(rows) == sorted(answers.items())
    assert len(rows) == WRITES
