"""One trace from a client's request to what a worker does because of it, told to a collector."""

import asyncio
import signal
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.processes import free_port
from tests.faults.collector import Collector, Span, collecting
from tests.faults.rig import Rig
from tests.kernel.support import silence
from tests.running import PASSWORD, eventually

pytestmark = pytest.mark.faults

TRACE = "0af7651916cd43dd8448eb211c80319c"
CLIENT = "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{CLIENT}-01"
MAIL = "kernel.mail_queued"
KINDS = ("server", "client", "producer", "consumer")
PROMPT = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
"""Milliseconds from a span to its export."""


def register(address: str, name: str, **headers: str) -> httpx.Response:
    """Somebody signs up, which sends them mails."""
    person = {"email": f"{name}@example.org", "password": PASSWORD, "name": name}
    return httpx.post(f"{address}/api/v1/auth/register", json=person, headers=headers)


@pytest.fixture
async def collector() -> AsyncGenerator[Collector]:
    async with collecting() as listening:
        yield listening


def path_to(spans: dict[str, Span], span: Span) -> list[str]:
    """The names from the root to a span, which hangs on the client's."""
    above = spans.get(span.parent)
    if above is None:
        assert span.parent == CLIENT
        return [span.name]
    return [*path_to(spans, above), span.name]


async def test_one_trace_holds_request_statements_events_deliveries_and_mails(rig: Rig, collector: Collector) -> None:
    address = await rig.api(**PROMPT, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_SERVICE_NAME="quire-api")
    rig.worker(**PROMPT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.endpoint}/v1/traces")
    assert register(address, "Ada", traceparent=TRACEPARENT).status_code == 201

    await eventually(lambda: [span.name for span in collector.of(TRACE).values()].count("send mail") == 2, 30)
    await asyncio.to_thread(rig.stop_last)  # what it has not told yet, it tells now

    spans = collector.of(TRACE)
    paths = {span.id: path_to(spans, span) for span in spans.values()}
    assert all(path[0] == "POST /api/v1/auth/register" for path in paths.values())
    (published,) = {path[1] for path in paths.values() if len(path) == 2 and path[1].startswith("publish ")}
    below = {" > ".join(path[1:]).replace(published, "publish") for path in paths.values()}
    assert {
        "INSERT users.users",
        "COMMIT",
        "publish > INSERT kernel.outbox",
        "publish > deliver users.registered > SELECT users.users",
        "publish > deliver users.registered > UPDATE kernel.outbox",
        "publish > deliver users.registered > COMMIT",
        "publish > deliver kernel.mail_queued > send mail",
        "publish > deliver users.registered > publish kernel.mail_queued > deliver kernel.mail_queued > send mail",
    } <= below
    by_kind = {kind: {span.service for span in spans.values() if span.kind == kind} for kind in KINDS}
    assert by_kind == {
        "server": {"quire-api"},
        "client": {"quire-api", "quire"},
        "producer": {"quire-api", "quire"},
        "consumer": {"quire"},
    }


async def test_a_killed_worker_leaves_the_trace_to_the_next(rig: Rig, collector: Collector) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    exporting = {**PROMPT, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
    address = await rig.api(**exporting)
    async with silence() as port:
        worker = rig.worker(**exporting, QUIRE_MAIL_URL=f"smtp://127.0.0.1:{port}")
        assert register(address, "Ada", traceparent=TRACEPARENT).status_code == 201

        async def is_at_it() -> bool:
            return bool(await database.fetchval("SELECT max(attempts) FROM kernel.outbox WHERE topic = $1", MAIL))

        await eventually(is_at_it, 30)
        worker.end(signal.SIGKILL)
    rig.worker(**exporting)

    await eventually(lambda: "send mail" in {span.name for span in collector.of(TRACE).values()}, 30)
    await asyncio.to_thread(rig.stop_last)
    spans = collector.of(TRACE)
    sent = next(span for span in spans.values() if span.name == "send mail")
    assert path_to(spans, sent)[::2] == ["POST /api/v1/auth/register", f"deliver {MAIL}"]
    assert await database.fetchval("SELECT max(attempts) FROM kernel.outbox WHERE topic = $1", MAIL) == 2
    await database.close()


async def test_a_collector_that_is_away_costs_the_spans_and_one_line(rig: Rig, tmp_path: Path) -> None:
    rig.output = tmp_path / "said"
    nobody = f"http://127.0.0.1:{free_port()}"
    variables = {"OTEL_EXPORTER_OTLP_TIMEOUT": "1", "QUIRE_LOG_LEVEL": "info", "QUIRE_LOG_FORMAT": "json"}
    address = await rig.api(**PROMPT, **variables, OTEL_EXPORTER_OTLP_ENDPOINT=nobody)

    def complaints() -> list[str]:
        lines = (tmp_path / "said").read_text().splitlines()
        return [line for line in lines if "collector" in line or "opentelemetry" in line]

    async with httpx.AsyncClient(base_url=address) as http:

        async def has_complained() -> bool:
            assert (await http.get("/api/v1/posts")).status_code == 200
            return bool(complaints())

        await eventually(has_complained, 20)
        for _ in range(50):
            assert (await http.get("/api/v1/posts")).status_code == 200
    began = time.monotonic()
    await asyncio.to_thread(rig.stop_last)
    assert time.monotonic() - began < 10
    assert len(complaints()) == 1
