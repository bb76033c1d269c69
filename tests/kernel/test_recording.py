"""What is recorded of requests, statements, events and mails, and what never is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler, TraceIdRatioBased
from opentelemetry.trace import SpanKind
from sqlalchemy import Text, Uuid, bindparam, cast, select, text

from kernel.application import create_app
from kernel.db import new_id
from kernel.db.tracing import summary
from kernel.mail import Letter, Link, Mail, post
from kernel.module import Module
from kernel.outbox import Written
from kernel.reads import Query, Reader
from kernel.security import public
from kernel.settings import KernelSettings
from kernel.telemetry import Trace
from kernel.telemetry.recording import Ids, Recorder
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.kernel.support import Happened, Open, only_row, pass_time, publish, record, without_redis
from tests.kernel.test_tracing import TRACE_ID, TRACEPARENT
from tests.running import running

SECRET = "hunter2"
MAIL_ADDRESS = "ada@example.org"
PARENT = int("b7ad6b7169203331", 16)


class Recorded:
    """A recorder, and what it has recorded."""

    def __init__(self, sampler: Sampler, ids: Ids | None = None) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler, id_generator=ids, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.recorder = Recorder(provider)

    def spans(self) -> dict[str, ReadableSpan]:
        """By name."""
        return {span.name: span for span in self._exporter.get_finished_spans()}

    def traces(self) -> set[str]:
        """The ids of all."""
        finished = self._exporter.get_finished_spans()
        return {f"{span.context.trace_id:032x}" for span in finished if span.context}

    def parents(self) -> dict[str, str | int | None]:
        """Of every span by name: the name of its parent, or the id that somebody else gave it."""
        finished = self._exporter.get_finished_spans()
        names = {span.context.span_id: span.name for span in finished if span.context}
        return {
            span.name: None if span.parent is None else names.get(span.parent.span_id, span.parent.span_id)
            for span in finished
        }

    def said(self) -> str:
        """Everything."""
        return "\n".join(span.to_json() for span in self._exporter.get_finished_spans())


@pytest.fixture
def recorded() -> Recorded:
    return Recorded(ParentBased(ALWAYS_ON))


class Word(Written, frozen=True):
    word: str


ECHO = Query(select(cast(bindparam("id"), Uuid).label("id"), cast(bindparam("word"), Text).label("word")), Word)


@get("/echo/{word:str}", guards=[public])
async def echo(
    word: FromPath[str], token: FromQuery[str], uow: NamedDependency[UnitOfWork], reader: NamedDependency[Reader]
) -> None:
    """The word goes everywhere: into a statement of each kind, and into an event."""
    await uow.session.execute(text("SELECT count(*) FROM scratch.effects WHERE note = :word"), {"word": word})
    await uow.publish(Happened(note=word))
    await reader.all(ECHO, id=new_id(), word=word)


@get("/boom", guards=[public])
async def boom() -> None:
    raise RuntimeError(SECRET)


@get("/refused", guards=[public])
async def refused(uow: NamedDependency[UnitOfWork]) -> None:
    await uow.session.execute(text(f"SELECT {SECRET} FROM scratch.effects"))


Call: TypeAlias = Callable[..., Any]  # Any: an answer to await


@pytest.fixture
async def call(settings: KernelSettings, recorded: Recorded, open_kernel: Open) -> Any:  # Any: see `Call`
    """Asks an application that records."""

    async def ask(path: str, **headers: str) -> httpx.Response:
        module = Module(name="scratch", controllers=[echo, boom, refused], subscribers=[Subscriber(Happened, record)])
        async with running(create_app(settings, [module], recorder=recorded.recorder)) as client:
            return await client.get(path, headers=headers)

    return ask


async def test_a_request_is_a_span_named_after_its_route(call: Call, recorded: Recorded) -> None:
    await call(f"/api/v1/scratch/echo/{SECRET}?token={SECRET}", traceparent=TRACEPARENT, tracestate="vendor=own")
    span = recorded.spans()["GET /api/v1/scratch/echo/{word}"]
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "url.scheme": "http",
        "http.route": "/api/v1/scratch/echo/{word}",
        "http.response.status_code": 200,
    }
    assert span.kind is SpanKind.SERVER
    assert span.status.is_unset
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", span.parent.span_id, span.parent.is_remote) == (TRACE_ID, PARENT, True)
    assert span.context is not None
    assert span.context.trace_id == span.parent.trace_id
    assert span.context.trace_state.get("vendor") == "own"


async def test_what_a_request_does_hangs_on_its_span(call: Call, recorded: Recorded) -> None:
    await call(f"/api/v1/scratch/echo/{SECRET}?token={SECRET}", traceparent=TRACEPARENT)
    request = "GET /api/v1/scratch/echo/{word}"
    assert recorded.parents() == {
        request: PARENT,
        "SELECT scratch.effects": request,
        "publish scratch.happened": request,
        "INSERT kernel.outbox": "publish scratch.happened",
        "SELECT": request,
        "COMMIT": request,
    }
    statement = recorded.spans()["INSERT kernel.outbox"]
    assert statement.kind is SpanKind.CLIENT
    assert dict(statement.attributes or {}) == {
        "db.system.name": "postgresql",
        "db.query.summary": "INSERT kernel.outbox",
    }


async def test_no_span_tells_an_address_a_query_or_a_parameter(call: Call, recorded: Recorded) -> None:
    answer = await call(f"/api/v1/scratch/echo/{SECRET}?token={SECRET}", Authorization=f"Bearer {SECRET}")
    assert answer.status_code == 200
    for path in (f"/{SECRET}", "/api/v1/scratch/boom", "/api/v1/scratch/refused"):
        await call(path)
    assert len(recorded.said()) > 1_000
    assert SECRET not in recorded.said()


async def test_a_failure_is_told_by_its_type(call: Call, recorded: Recorded) -> None:
    await call("/api/v1/scratch/refused")
    spans = recorded.spans()
    kinds = {name: (span.attributes or {}).get("error.type") for name, span in spans.items()}
    assert kinds == {"GET /api/v1/scratch/refused": "500", "SELECT scratch.effects": "42703"}
    assert all(not span.status.is_ok and span.status.description is None for span in spans.values())
    assert all(not span.events for span in spans.values())


async def test_a_request_without_a_route_has_none_in_its_name(call: Call, recorded: Recorded) -> None:
    assert (await call(f"/{SECRET}")).status_code == 404
    (span,) = recorded.spans().values()
    assert span.name == "GET"
    assert (span.attributes or {})["http.response.status_code"] == 404


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_probes_and_scrapers_leave_no_trace(call: Call, recorded: Recorded, path: str) -> None:
    await call(path, traceparent=TRACEPARENT)
    assert recorded.spans() == {}


@pytest.mark.parametrize(("flags", "count"), [("00", 0), ("01", 6)])
async def test_the_client_decides_what_is_sampled(call: Call, recorded: Recorded, flags: str, count: int) -> None:
    await call("/api/v1/scratch/echo/word?token=t", traceparent=f"{TRACEPARENT[:-2]}{flags}")
    assert len(recorded.spans()) == count


async def test_what_is_delivered_goes_on_with_the_trace_also_the_second_time(
    open_kernel: Open, settings: KernelSettings, recorded: Recorded
) -> None:
    attempts: list[str] = []

    async def fail_at_first(event: Happened, uow: UnitOfWork) -> None:
        attempts.append(event.note)
        if len(attempts) == 1:
            raise ValueError(SECRET)
        await record(event, uow)

    runtime = open_kernel(Subscriber(Happened, fail_at_first), recorder=recorded.recorder)
    delivery = without_redis(runtime, settings)
    with recorded.recorder.begin("GET", "server", {}, Trace(TRACEPARENT)):
        await publish(runtime.database, SECRET)
    await delivery.relay()
    failed = recorded.spans()["deliver scratch.happened"]
    assert failed.attributes is not None
    assert failed.attributes["error.type"] == "ValueError"
    await pass_time(runtime.database)
    await delivery.relay()
    row = await only_row(runtime.database)
    delivered = recorded.spans()["deliver scratch.happened"]
    assert dict(delivered.attributes or {}) == {
        "messaging.system": "outbox",
        "messaging.operation.name": "deliver",
        "messaging.destination.name": "scratch.happened",
        "messaging.destination.subscription.name": row.subscriber,
        "messaging.message.id": str(row.id),
    }
    parents = recorded.parents()
    assert parents["publish scratch.happened"] == "GET"
    assert parents["deliver scratch.happened"] == "publish scratch.happened"
    assert parents["SELECT kernel.outbox"] == "deliver scratch.happened"
    assert parents["INSERT scratch.effects"] == "deliver scratch.happened"
    assert {span.context and span.context.trace_id for span in recorded.spans().values()} == {int(TRACE_ID, 16)}
    assert SECRET not in recorded.said()


async def test_what_nobody_has_asked_for_begins_a_trace_with_its_delivery(
    open_kernel: Open, settings: KernelSettings, recorded: Recorded
) -> None:
    runtime = open_kernel(Subscriber(Happened, record), recorder=recorded.recorder)
    await publish(runtime.database, "one")
    await without_redis(runtime, settings).relay()
    parents = recorded.parents()
    assert parents["deliver scratch.happened"] is None
    assert "publish scratch.happened" not in parents, "nothing is recorded outside of a trace"


async def test_a_mail_is_a_step_that_does_not_tell_whose(
    open_kernel: Open, settings: KernelSettings, recorded: Recorded, tmp_path: Path
) -> None:
    async def compose(mail: Mail, uow: UnitOfWork) -> Letter:
        return Letter(subject="Hello", paragraphs=("Hello",), link=Link("Look", f"https://quire.test/?token={SECRET}"))

    runtime = open_kernel(letters={"scratch.letter": compose}, mail_url=f"file:{tmp_path}", recorder=recorded.recorder)
    async with runtime.database.unit_of_work() as uow:
        await post(uow, "scratch.letter", user_id=new_id(), recipient=MAIL_ADDRESS)
    await without_redis(runtime, settings).relay()
    assert recorded.parents()["send mail"] == "deliver kernel.mail_queued"
    assert dict(recorded.spans()["send mail"].attributes or {}) == {"quire.mail.kind": "scratch.letter"}
    assert MAIL_ADDRESS not in recorded.said()
    assert SECRET not in recorded.said()


async def test_what_is_not_sampled_costs_one_span_and_is_not_sampled_further_on(
    open_kernel: Open, settings: KernelSettings
) -> None:
    recorded = Recorded(ParentBased(ALWAYS_OFF))
    runtime = open_kernel(Subscriber(Happened, record), recorder=recorded.recorder)
    with recorded.recorder.begin("GET", "server", {}, None) as span:
        await publish(runtime.database, "one")
    assert (await only_row(runtime.database)).traceparent == span.traceparent
    assert span.traceparent.endswith(("-00", "-02"))
    await without_redis(runtime, settings).relay()
    assert recorded.spans() == {}


@pytest.mark.parametrize("ids", [Ids(), None], ids=["looked at before", "looked at by the SDK alone"])
def test_an_id_decides_whether_its_trace_is_sampled(ids: Ids | None) -> None:
    rate = 0.1
    recorded = Recorded(ParentBased(TraceIdRatioBased(rate)), ids)
    sampled: set[str] = set()
    for _ in range(300):
        with recorded.recorder.begin("GET", "server", {}, None) as span:
            assert span.is_recorded == (int(span.trace_id[16:], 16) < rate * 2**64)
            assert int(span.traceparent[-2:], 16) % 2 == span.is_recorded
            sampled |= {span.trace_id} if span.is_recorded else set()
    assert 5 < len(sampled) < 100
    assert recorded.traces() == sampled


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 'a secret' FROM posts.posts p JOIN users.users ON true", "SELECT posts.posts users.users"),
        ("WITH gone AS (DELETE FROM auth.sessions) INSERT INTO auth.log VALUES ($1)", "DELETE auth.sessions auth.log"),
        ("UPDATE kernel.outbox SET x = $1 WHERE id IN (SELECT id FROM kernel.outbox)", "UPDATE kernel.outbox"),
        ("COMMIT", "COMMIT"),
        ("SET LOCAL statement_timeout = 1", "SET"),
        ("", "?"),
    ],
)
def test_a_statement_is_told_by_its_verb_and_its_tables(sql: str, told: str) -> None:
    assert summary(sql) == told
