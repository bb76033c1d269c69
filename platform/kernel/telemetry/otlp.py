"""Spans on their way to a collector: OTLP over HTTP, in batches, by a thread of its own."""

import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from kernel.telemetry.recording import Ids, Recorder

log = structlog.get_logger()


def export_by_otlp() -> Recorder:
    """A recorder that the standard variables of this process configure."""
    named = Resource.create({"service.name": "quire"}).merge(OTELResourceDetector().detect())
    resource = OneResource(named.attributes, named.schema_url)
    provider = TracerProvider(resource=resource, id_generator=Ids(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(TerseExporter(OTLPSpanExporter())))
    # It has said by now what it thinks of the variables. The rest of it, several lines a second, we say once ourselves.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    return Recorder(provider)


class OneResource(Resource):
    """The encoder asks for its hash once a span, and gets it by dumping it as JSON; we have only this one."""

    def __hash__(self) -> int:
        return id(self)


class TerseExporter(SpanExporter):
    """Says once that a collector takes nothing, and once that it does again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """A batch; what is not taken in time is lost."""
        result = self._exporter.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            log.warning("the collector takes no spans; they are lost")
        if self._is_away and not is_away:
            log.info("the collector takes spans again")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        """As the exporter does."""
        self._exporter.shutdown()
