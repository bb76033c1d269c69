"""What processes tell is what happened: requests as their callers count them, deliveries as rows are done."""

import asyncio
import os
import re
from collections import Counter

import asyncpg
import httpx
import pytest

from app.processes import free_port
from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.faults.staleness import Author, hang_up, make_authors
from tests.running import eventually

pytestmark = pytest.mark.faults

PEOPLE = 8
ROUNDS = int(os.environ.get("QUIRE_FAULT_ROUNDS", "5"))
SERIES = re.compile(r"^(quire_http_request|quire_delivery)_duration_seconds_count\{(.*)\} (\S+)$", re.MULTILINE)
DONE = "SELECT subscriber, count(*) FROM kernel.outbox WHERE done_at IS NOT NULL GROUP BY subscriber"
OPEN = "SELECT count(*) FROM kernel.outbox WHERE done_at IS NULL"


async def counted(address: str) -> Counter[str]:
    """All series of requests and deliveries, by their labels."""
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"{address}/metrics", timeout=20)).text
    return Counter({labels: round(float(count)) for _, labels, count in SERIES.findall(text)})


async def test_the_numbers_of_all_processes_are_those_of_their_callers_and_of_the_rows(rig: Rig) -> None:
    telling = free_port()
    rig.worker(QUIRE_METRICS_WORKER_PORT=str(telling))
    address = await rig.api("--workers", "2")
    authors = await make_authors(address, PEOPLE)
    before, mine = await counted(address), Counter[str]()

    async def live(author: Author) -> None:
        me, anyone = Connection(address, author.token), Connection(address)
        post = {"title": "T", "body": "x", "status": "published"}
        for _ in range(ROUNDS):
            for connection, method, path, route, body in (
                (anyone, "GET", f"/api/v1/posts/{author.post}", "/api/v1/posts/{post_id}", None),
                (anyone, "GET", "/api/v1/posts/mine", "/api/v1/posts/mine", None),
                (me, "POST", "/api/v1/posts", "/api/v1/posts", post),
                (me, "POST", "/api/v1/posts", "/api/v1/posts", {"title": 1}),
                (me, "GET", "/nowhere", "unmatched", None),
            ):
                status, _ = await connection.call(method, path, body)
                mine[f'method="{method}",route="{route}",status="{status}"'] += 1
        hang_up([me, anyone])

    await asyncio.gather(*(live(author) for author in authors))

    async def is_all_told() -> bool:
        told = await counted(address) - before
        return {labels: count for labels, count in told.items() if "/metrics" not in labels} == mine

    await eventually(is_all_told, 10)
    print(f"{sum(mine.values())} requests, as many told: {dict(mine)}")
    database = await asyncpg.connect(rig.postgres.url)

    async def is_everything_done() -> bool:
        return not await database.fetchval(OPEN)

    await eventually(is_everything_done, 30)
    done = {f'outcome="done",subscriber="{row[0]}"': row[1] for row in await database.fetch(DONE)}
    await database.close()

    async def is_all_done_told() -> bool:
        told = await counted(f"http://127.0.0.1:{telling}")
        return {labels: count for labels, count in told.items() if 'outcome="done"' in labels} == done

    await eventually(is_all_done_told, 10)
    assert sum(done.values()) > PEOPLE * ROUNDS
    print(f"{sum(done.values())} rows done, as many told")
