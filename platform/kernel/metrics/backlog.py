"""How much the outbox still has to do: the one number that tells whether promises are being kept."""

import asyncio
import time
from collections.abc import Iterator

import msgspec
import structlog
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import ColumnElement, Double, ScalarSelect, func, select

from kernel.outbox import OPEN, OutboxRow
from kernel.reads import Query, Reader

FRESH = 1.0
"""Seconds for which an answer of the database is passed on."""

log = structlog.get_logger()


class Backlog(msgspec.Struct, frozen=True):
    """Rows that wait (of them, those that have failed before), rows that are given up, and the age of the oldest."""

    open: int
    failing: int
    dead: int
    oldest: float


def rows(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many fulfil them."""
    return select(func.count()).select_from(OutboxRow).where(*conditions).scalar_subquery()


AGE = func.extract("epoch", func.clock_timestamp() - func.min(OutboxRow.created_at))
BACKLOG = Query(
    select(
        rows(*OPEN).label("open"),
        rows(*OPEN, OutboxRow.last_error.is_not(None)).label("failing"),
        rows(OutboxRow.dead_at.is_not(None)).label("dead"),
        select(func.greatest(AGE, 0).cast(Double)).where(*OPEN).scalar_subquery().label("oldest"),
    ),
    Backlog,
)


class OutboxMetrics:
    """Asks PostgreSQL when it is asked, at most once a second. Without an answer there are no numbers."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lock = asyncio.Lock()
        self._asked = -FRESH
        self._last: Backlog | None = None

    async def refresh(self) -> None:
        """Ask, unless that was done a moment ago."""
        async with self._lock:
            if time.monotonic() - self._asked < FRESH:
                return
            try:
                async with asyncio.timeout(2):
                    self._last = await self._reader.one(BACKLOG)
            except Exception as error:  # whatever it is, it does not answer
                log.warning("outbox not measured", error=type(error).__name__)
                self._last = None
            self._asked = time.monotonic()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """For prometheus-client: what was found out last."""
        if self._last is None:
            return
        states = GaugeMetricFamily(
            "quire_outbox_rows", "Deliveries that are still to be made, by state.", labels=["state"]
        )
        for state in ("open", "failing", "dead"):
            states.add_metric([state], getattr(self._last, state))
        yield states
        yield GaugeMetricFamily(
            "quire_outbox_oldest_seconds", "Age of the oldest delivery that is open.", value=self._last.oldest
        )
