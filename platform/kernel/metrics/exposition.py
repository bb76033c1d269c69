"""``GET /metrics``, and who may read it."""

import asyncio
import hmac
import os
from ipaddress import ip_address
from pathlib import Path

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from kernel.errors import NotFound
from kernel.http.bulkhead import UNBOUNDED
from kernel.http.client import Proxies, is_address
from kernel.metrics.backlog import OutboxMetrics
from kernel.metrics.process import ProcessMetrics
from kernel.security import Access, Connection
from kernel.settings import MetricsSettings

FORMAT = CONTENT_TYPE_LATEST.removesuffix("; charset=utf-8")
"""Litestar adds the encoding itself."""


class Exposition:
    """All numbers as text: those of every process of this `quire serve`, and those of the outbox."""

    def __init__(self, process: ProcessMetrics, outbox: OutboxMetrics) -> None:
        self._outbox = outbox
        self._folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._processes = process.registry
        if self._folder:
            self._processes = CollectorRegistry()
            MultiProcessCollector(self._processes, self._folder)  # type: ignore[no-untyped-call] # has no types
        self._database = CollectorRegistry()
        self._database.register(outbox)

    async def text(self) -> bytes:
        """In the text format of Prometheus."""
        await self._outbox.refresh()
        return await asyncio.to_thread(self._text)

    def _text(self) -> bytes:
        if self._folder:
            forget_the_dead(Path(self._folder))
        return generate_latest(self._processes) + generate_latest(self._database)


def forget_the_dead(folder: Path) -> None:
    """What a process that is gone had counted still counts, what it had open does not."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call] # has no types


def metrics_route(exposition: Exposition, settings: MetricsSettings, proxies: Proxies) -> HTTPRouteHandler:
    """Where a scraper comes."""

    async def may_scrape(connection: Connection) -> None:
        if not (has_token(connection, settings.token) if settings.token else is_from_here(connection, proxies)):
            raise NotFound

    @get("/metrics", guards=[Access("scrapers", proof=may_scrape)], include_in_schema=False, opt={UNBOUNDED: True})
    async def metrics() -> Response[bytes]:
        return Response(await exposition.text(), media_type=FORMAT)

    return metrics


def has_token(connection: Connection, token: str) -> bool:
    """Whether the bearer is a scraper; compared in constant time."""
    scheme, _, given = connection.headers.get("authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def is_from_here(connection: Connection, proxies: Proxies) -> bool:
    """Whether it comes from this machine. A proxy beside us that is not trusted speaks for somebody else."""
    forwarded = (hop.strip() for line in connection.headers.getall("x-forwarded-for", []) for hop in line.split(","))
    places = [proxies.client_of(connection).ip, *forwarded]
    return all(is_address(place) and ip_address(place).is_loopback for place in places)
