"""A collector of OpenTelemetry: OTLP over HTTP on loopback, everything kept."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypeAlias

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

Attributes: TypeAlias = dict[str, str | int]

KINDS = {2: "server", 3: "client", 4: "producer", 5: "consumer"}


class Span(msgspec.Struct, frozen=True):
    """What somebody did. Ids as in a ``traceparent``; of a root, ``parent`` is empty."""

    trace: str
    id: str
    parent: str
    name: str
    kind: str
    service: str
    attributes: Attributes


class Collector:
    """Where it listens, and what it was told."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.spans: list[Span] = []
        self.heard = b""
        """All bodies, as they came."""
        self._connections: set[asyncio.StreamWriter] = set()

    def of(self, trace: str) -> dict[str, Span]:
        """The spans of a trace by id."""
        return {span.id: span for span in self.spans if span.trace == trace}

    async def listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: export after export."""
        self._connections.add(writer)
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                assert head.startswith(b"post /v1/traces http/1.1\r\n")
                length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
                self._keep(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        except asyncio.IncompleteReadError:
            writer.close()
            self._connections.discard(writer)

    def hang_up(self) -> None:
        """On everybody."""
        for writer in self._connections:
            writer.close()

    def _keep(self, body: bytes) -> None:
        self.heard += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {each.key: each.value.string_value for each in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    attributes: Attributes = {
                        each.key: each.value.string_value or each.value.int_value for each in span.attributes
                    }
                    ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
                    self.spans.append(Span(*ids, span.name, KINDS[span.kind], service, attributes))


@asynccontextmanager
async def collecting() -> AsyncGenerator[Collector]:
    """A collector that listens."""
    collector = Collector()
    server = await asyncio.start_server(collector.listen, "127.0.0.1", 0)
    collector.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield collector
    finally:
        server.close()
        collector.hang_up()
