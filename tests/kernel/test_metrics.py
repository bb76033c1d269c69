"""What a monitoring system reads, and who else may."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import msgspec
import pytest
from litestar import get
from litestar.params import FromPath
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from kernel.application import create_app
from kernel.db import utc_now
from kernel.metrics import backlog
from kernel.module import Module
from kernel.outbox import OutboxRow
from kernel.security import public
from kernel.settings import KernelSettings, MetricsSettings
from kernel.unit_of_work import Subscriber
from tests.kernel.support import NO_DATABASE, Happened, Open, publish, record
from tests.running import eventually, running

TOKEN = "only-for-scrapers"


@get("/leaves/{number:int}", guards=[public])
async def leaf(number: FromPath[int]) -> int:
    return 10 // number


@asynccontextmanager
async def talking(settings: KernelSettings, **changes: object) -> AsyncGenerator[httpx.AsyncClient]:
    app = create_app(msgspec.structs.replace(settings, **changes), [Module(name="echo", controllers=[leaf])])
    async with running(app) as client:
        yield client


async def numbers(client: httpx.AsyncClient) -> dict[tuple[str, ...], float]:
    """Every sample, by its name and the values of its labels."""
    answer = await client.get("/metrics")
    assert answer.status_code == 200, answer.text
    samples = (each for family in text_string_to_metric_families(answer.text) for each in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


def requests(found: Mapping[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """How many were counted, by method, route and status."""
    return {key[1:]: value for key, value in found.items() if key[0] == "quire_http_request_duration_seconds_count"}


async def test_requests_are_counted_by_the_template_of_their_route(settings: KernelSettings) -> None:
    async with talking(settings) as client:
        for path in ("leaves/1", "leaves/2", "leaves/0", "nowhere/1", "nowhere/2"):
            await client.get(f"/api/v1/echo/{path}")
        await client.head("/api/v1/echo/leaves/1")
        await client.post("/api/v1/echo/leaves/1")
        for method in ("BREW", "PROPFIND"):
            await client.request(method, "/api/v1/echo/leaves/1")
        route = "/api/v1/echo/leaves/{number}"
        assert requests(await numbers(client)) == {
            ("GET", route, "200"): 3,
            ("GET", route, "500"): 1,
            ("GET", "unmatched", "404"): 2,
            ("POST", "unmatched", "405"): 1,
            ("unmatched", "unmatched", "405"): 2,
        }


async def test_pools_and_the_event_loop_are_watched(settings: KernelSettings) -> None:
    async with talking(settings) as client:
        await client.get("/health/ready")

        async def shown() -> bool:
            found = await numbers(client)
            pools = {key[1:]: value for key, value in found.items() if key[0] == "quire_database_connections"}
            lag = found.get(("quire_event_loop_lag_seconds_count",), 0)
            return (
                lag > 0
                and pools.items() >= {("writing", "idle"): 1, ("writing", "busy"): 0, ("reading", "idle"): 1}.items()
            )

        await eventually(shown)


async def test_what_the_outbox_still_has_to_do_is_told(
    settings: KernelSettings, open_kernel: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backlog, "FRESH", 0.0)
    database = open_kernel(Subscriber(Happened, record)).database
    await publish(database, "open", "failing", "dead", "done")
    async with database.unit_of_work() as uow:
        changes: dict[str, dict[str, object]] = {
            "failing": {"last_error": "ValueError", "created_at": utc_now() - timedelta(hours=1)},
            "dead": {"dead_at": utc_now()},
            "done": {"done_at": utc_now(), "created_at": utc_now() - timedelta(hours=2)},
        }
        for note, values in changes.items():
            row = OutboxRow.payload["note"].astext == note
            await uow.session.execute(
                update(OutboxRow).where(row).values(values).execution_options(synchronize_session=False)
            )
    async with talking(settings) as client:
        found = await numbers(client)
    rows = {key[1]: value for key, value in found.items() if key[0] == "quire_outbox_rows"}
    assert rows == {"open": 2, "failing": 1, "dead": 1}
    assert 3600 <= found["quire_outbox_oldest_seconds",] < 3700


async def test_an_empty_outbox_has_no_age(settings: KernelSettings, open_kernel: Open) -> None:
    open_kernel()
    async with talking(settings) as client:
        found = await numbers(client)
    assert (found["quire_outbox_rows", "open"], found["quire_outbox_oldest_seconds",]) == (0, 0)


async def test_without_postgresql_the_other_numbers_are_still_told(settings: KernelSettings) -> None:
    async with talking(settings, database_url=NO_DATABASE) as client:
        await client.get("/api/v1/echo/leaves/1")
        found = await numbers(client)
    assert requests(found) == {("GET", "/api/v1/echo/leaves/{number}", "200"): 1}
    assert ("quire_outbox_rows", "open") not in found


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 404),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        ({"Authorization": f"Bearer {TOKEN}x"}, 404),
        ({"Authorization": "Bearer"}, 404),
        ({"Authorization": f"Basic {TOKEN}"}, 404),
        ({"Authorization": "Bearer ünïcode"}, 404),
    ],
)
async def test_a_token_opens_it_and_nothing_else_does(
    settings: KernelSettings, headers: dict[str, str], status: int
) -> None:
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    async with talking(settings, metrics=MetricsSettings(token=TOKEN)) as client:
        answer = await client.get("/metrics", headers=encoded)
    assert answer.status_code == status
    assert (answer.status_code == 200) == ("quire_" in answer.text)


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "status"),
    [
        ("127.0.0.1", None, (), 200),
        ("::1", None, (), 200),
        ("203.0.113.9", None, (), 404),
        ("203.0.113.9", "127.0.0.1", (), 404),
        ("127.0.0.1", "203.0.113.9", (), 404),
        ("127.0.0.1", "203.0.113.9", ("127.0.0.1",), 404),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9", ("127.0.0.1",), 404),
        ("127.0.0.1", "127.0.0.1", ("127.0.0.1",), 200),
        ("10.0.0.1", "127.0.0.1", ("10.0.0.0/8",), 200),
        ("127.0.0.1", "nonsense", (), 404),
    ],
)
async def test_without_a_token_only_this_machine_may_look(
    settings: KernelSettings, peer: str, forwarded: str | None, trusted: tuple[str, ...], status: int
) -> None:
    app = create_app(msgspec.structs.replace(settings, trusted_proxies=trusted), [])
    async with running(app):
        transport = httpx.ASGITransport(app, client=(peer, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://quire.test") as client:
            answer = await client.get("/metrics", headers={"X-Forwarded-For": forwarded} if forwarded else {})
    assert answer.status_code == status


async def test_a_scraper_is_told_which_format_it_is_and_to_keep_nothing(settings: KernelSettings) -> None:
    async with talking(settings) as client:
        answer = await client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=1.0.0; charset=utf-8"  # nothing said twice
    assert answer.headers["Cache-Control"] == "no-store"
