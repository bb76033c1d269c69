"""Clients that hang up at any moment cost nothing that lasts, and count as no failure of the server."""

import asyncio
import os
import re
import socket
import struct
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from tests.faults.rig import Rig
from tests.faults.staleness import Author, make_authors
from tests.faults.watched import Watched
from tests.running import eventually

pytestmark = pytest.mark.faults

HANG_UPS = int(os.environ.get("QUIRE_FAULT_HANG_UPS", "500"))
AT_ONCE = 10
PLACES = {"QUIRE_HTTP_MAX_IN_FLIGHT": "64", "QUIRE_HTTP_MAX_STREAMS": "20"}
"""Fewer than there are hang-ups of each kind: one that keeps its place is missed."""

POOLS = 40
"""Connections to the database that an instance may open meanwhile, and keep."""

HELD = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'quire' AND (state <> 'idle' OR pid IN (SELECT pid FROM pg_locks))
"""
CHECKED_OUT = re.compile(r'^quire_database_connections{.*state="busy"} (.*)$', re.MULTILINE)
COUNTED = re.compile(r'^quire_http_request_duration_seconds_count{.*route="(.*)",status="(.*)"} (.*)$', re.MULTILINE)
KINDS = ("head", "body", "work", "answer", "stream")


def request(kind: str, author: Author) -> bytes:
    """What is sent before the client leaves, all of it or a part."""
    bearer = f"Host: localhost\r\nAuthorization: Bearer {author.token}\r\n"
    body = '{"title": "T", "body": "x", "status": "published"}'
    typed = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return {
        "head": f"GET /api/v1/posts HTTP/1.1\r\n{bearer}",
        "body": f"POST /api/v1/posts HTTP/1.1\r\n{bearer}{typed}{body[:20]}",
        "work": f"POST /api/v1/posts HTTP/1.1\r\n{bearer}{typed}{body}",
        "answer": f"GET /schema/openapi.json HTTP/1.1\r\n{bearer}\r\n",
        "stream": f"GET /api/v1/notifications/stream HTTP/1.1\r\n{bearer}\r\n",
    }[kind].encode()


@asynccontextmanager
async def narrow(address: str) -> AsyncGenerator[socket.socket]:
    """A connection with little room for answers, which is cut and not closed."""
    parts = urlsplit(address)
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await asyncio.get_running_loop().sock_connect(client, (parts.hostname, parts.port))
        yield client


async def hang_up(address: str, authors: list[Author], times: int) -> None:
    """So often in each way."""
    room = asyncio.Semaphore(AT_ONCE)
    loop = asyncio.get_running_loop()

    async def once(kind: str, author: Author) -> None:
        async with room, narrow(address) as client:
            await loop.sock_sendall(client, request(kind, author))
            if kind in {"answer", "stream"}:
                async with asyncio.timeout(20):
                    assert b" 200 " in await loop.sock_recv(client, 100)

    await asyncio.gather(*(once(kind, authors[n % len(authors)]) for n in range(times) for kind in KINDS))


async def test_who_hangs_up_leaves_nothing_behind_and_is_no_failure(rig: Rig, tmp_path: Path) -> None:
    watched = await Watched.started(rig, tmp_path / "tasks", **PLACES)
    address = watched.address
    database = await asyncpg.connect(rig.postgres.url)
    authors = await make_authors(address, 4)

    async def nothing_is_held() -> bool:
        return not await database.fetchval(HELD) and CHECKED_OUT.findall(await watched.metrics()) == ["0.0", "0.0"]

    await hang_up(address, authors, 20)
    await eventually(nothing_is_held, 20)
    tasks, descriptors = await watched.tasks(), watched.descriptors()
    await hang_up(address, authors, HANG_UPS // len(KINDS))
    await eventually(nothing_is_held, 20)

    async def nothing_new_goes_on() -> bool:
        return len(await watched.tasks()) <= len(tasks)

    await eventually(nothing_new_goes_on, 10)
    opened = watched.descriptors() - descriptors
    counted = await watched.metrics()
    print(f"{HANG_UPS} hang-ups: {len(tasks)} tasks as before, {opened} more descriptors; {COUNTED.findall(counted)}")
    assert opened <= POOLS
    assert not [status for status in COUNTED.findall(counted) if status[1][0] == "5"]
    async with httpx.AsyncClient(base_url=address) as http:
        answers = await asyncio.gather(*(http.get("/api/v1/posts") for _ in range(64)))
    assert {answer.status_code for answer in answers} == {200}
    await database.close()
