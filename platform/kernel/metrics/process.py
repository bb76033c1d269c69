"""The numbers of one process. With ``PROMETHEUS_MULTIPROC_DIR`` they lie in files there, so that any process tells all.

prometheus-client reads that variable when it is imported, so whoever starts several processes sets it before.
"""

import asyncio
from collections.abc import Mapping

from litestar.types import HTTPScope
from prometheus_client import CollectorRegistry, Gauge, Histogram
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

from kernel.reads import Reader

METHODS = frozenset({"DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"})
UNMATCHED = "unmatched"
"""The route of a request that no route was found for, and the method that nobody has heard of."""

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAGS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

BEAT = 0.25
"""Seconds between two looks at the event loop and the pools."""


class ProcessMetrics:
    """Counts what this process does."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "quire_http_request_duration_seconds",
            "Requests, and how long they took from the first header to the last byte.",
            ["method", "route", "status"],
            buckets=LATENCIES,
            registry=self.registry,
        )
        self._deliveries = Histogram(
            "quire_delivery_duration_seconds",
            "Attempts to deliver an event to a subscriber, and how long they took.",
            ["subscriber", "outcome"],
            buckets=LATENCIES,
            registry=self.registry,
        )
        self._lag = Histogram(
            "quire_event_loop_lag_seconds",
            "How late the event loop came to what was due.",
            buckets=LAGS,
            registry=self.registry,
        )
        self._connections = Gauge(
            "quire_database_connections",
            "Connections to PostgreSQL, by pool and by what they do.",
            ["pool", "state"],
            multiprocess_mode="livesum",
            registry=self.registry,
        )
        self._known: dict[tuple[str, str, int], Histogram] = {}

    def observe(self, scope: HTTPScope, status: int, seconds: float) -> None:
        """Count one answer by the template of its route: nobody can make new series by asking for new addresses."""
        method = scope["method"] if scope["method"] in METHODS else UNMATCHED
        key = (method, scope.get("path_template", UNMATCHED), status)
        series = self._known.get(key)
        if series is None:
            series = self._known[key] = self._requests.labels(*key)
        series.observe(seconds)

    def observe_delivery(self, subscriber: str, outcome: str, seconds: float) -> None:
        """Count one attempt."""
        self._deliveries.labels(subscriber, outcome).observe(seconds)

    async def watch(self, engine: AsyncEngine, reader: Reader) -> None:
        """Look at the event loop and the pools until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT
            await asyncio.sleep(BEAT)
            self._lag.observe(max(0.0, loop.time() - due))
            for pool, usage in (("writing", writing(engine)), ("reading", reader.usage())):
                for state, count in usage.items():
                    self._connections.labels(pool, state).set(count)


def writing(engine: AsyncEngine) -> Mapping[str, int]:
    """How many connections of an engine work, and how many wait."""
    pool = engine.pool
    assert isinstance(pool, QueuePool)  # noqa: S101 - as `kernel.db.connect` makes it
    return {"busy": pool.checkedout(), "idle": pool.checkedin()}
