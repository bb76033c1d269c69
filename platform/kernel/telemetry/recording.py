"""Spans of OpenTelemetry. Imported only where they are exported: the SDK takes a third of a second and 17 MiB.

They are made by hand at our few seams: the generic instrumentations wrap every message and every connection, and tell
addresses, queries and SQL. Of an error only its type is told, since its text may quote what somebody has sent.
"""

import asyncio
from collections.abc import Mapping
from contextvars import Token
from threading import Thread
from types import TracebackType
from typing import Self

from opentelemetry import trace as otel
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags, TraceState

from kernel.telemetry.tracing import CURRENT, Attributes, Kind, Trace

NOWHERE = Context()

KINDS: Mapping[Kind, SpanKind] = {
    "client": SpanKind.CLIENT,
    "consumer": SpanKind.CONSUMER,
    "producer": SpanKind.PRODUCER,
    "server": SpanKind.SERVER,
}

MASK = TraceIdRatioBased.TRACE_ID_LIMIT
"""The part of an id that a sampler looks at."""

PATIENCE = 2.0
"""Seconds in which a collector may take what is left."""


class Span(Trace):
    """A place that is recorded here, if its trace is sampled, from its making to its end."""

    __slots__ = ("_outside", "_span", "_tracer")

    def __init__(self, tracer: otel.Tracer, span: otel.Span) -> None:
        self._tracer = tracer
        self._span = span
        self._outside: Token[Trace | None] | None = None

    @property
    def traceparent(self) -> str:
        """For whoever goes on from here; most requests need none."""
        own = self._span.get_span_context()
        return f"00-{own.trace_id:032x}-{own.span_id:016x}-{own.trace_flags:02x}"

    @property
    def is_recorded(self) -> bool:
        """Until it ends."""
        return self._span.is_recording()

    def step(self, name: str, kind: Kind, attributes: Attributes) -> "Span":
        """What is done within, or until its end, as a part of this."""
        context = otel.set_span_in_context(self._span, NOWHERE)
        return Span(self._tracer, self._tracer.start_span(name, context, KINDS[kind], attributes))

    def tell(self, attributes: Attributes, name: str | None = None) -> None:
        """What is known only now."""
        self._span.set_attributes(attributes)
        if name is not None:
            self._span.update_name(name)

    def fail(self, error_type: str) -> None:
        """It has gone wrong, in which way."""
        self._span.set_attribute("error.type", error_type)
        self._span.set_status(otel.StatusCode.ERROR)

    def end(self, error: BaseException | None = None) -> None:
        """Now, well or with an error."""
        if error is not None:
            self.fail(str(getattr(error, "sqlstate", None) or type(error).__name__))
        self._span.end()

    def __enter__(self) -> Self:
        self._outside = CURRENT.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._outside is not None:
            CURRENT.reset(self._outside)
        self.end(error)


class Ids(RandomIdGenerator):
    """Random ones, of which the next may be known before."""

    def __init__(self) -> None:
        self._chosen: int | None = None

    def choose(self) -> int:
        """The id of the next trace, if there is one."""
        self._chosen = super().generate_trace_id()
        return self._chosen

    def generate_trace_id(self) -> int:
        """For the SDK."""
        chosen, self._chosen = self._chosen, None
        return super().generate_trace_id() if chosen is None else chosen


class Recorder:
    """Begins spans, and sees to it that the last ones are exported, too."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("quire")
        self._ids = provider.id_generator if isinstance(provider.id_generator, Ids) else None
        self._bound: int | None = getattr(getattr(provider.sampler, "_root", None), "bound", None)

    def begin(self, name: str, kind: Kind, attributes: Attributes, parent: Trace | None) -> Span:
        """What somebody else has asked for, or nobody.

        Where every tenth trace is sampled, the SDK takes as long to find that out about the other nine as a tenth of
        what they do. Its sampler only looks at the id (https://www.w3.org/TR/trace-context-2/), and so do we, before.
        """
        if parent is not None:
            context = otel.set_span_in_context(remote(parent), NOWHERE)
        else:
            context = NOWHERE
            if self._ids is not None and self._bound is not None:
                trace_id = self._ids.choose()
                if trace_id & MASK >= self._bound:
                    return Span(
                        self._tracer, otel.NonRecordingSpan(SpanContext(trace_id, self._ids.generate_span_id(), False))
                    )
        return Span(self._tracer, self._tracer.start_span(name, context, KINDS[kind], attributes))

    async def close(self) -> None:
        """Export what is left, in time. (The SDK's own patience is half a minute.)"""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, PATIENCE)


def remote(trace: Trace) -> otel.Span:
    """Its place, as OpenTelemetry wants it."""
    _, trace_id, span_id, flags = trace.traceparent.split("-")
    state = TraceState.from_header([trace.tracestate]) if trace.tracestate else None
    return otel.NonRecordingSpan(
        SpanContext(
            int(trace_id, 16),
            int(span_id, 16),
            is_remote=True,
            trace_flags=TraceFlags(int(flags, 16)),
            trace_state=state,
        )
    )
