"""Statements as steps of the current trace: what they do and to which tables, never their text or parameters."""

import re
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from kernel.telemetry import CURRENT, NOTHING

VERB = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b")
TABLE = re.compile(r"\b(?:FROM|INTO|JOIN|UPDATE)\s+([a-z_]+\.[a-z_]+)")


@lru_cache(maxsize=1_000)
def summary(sql: str) -> str:
    """Its verb and its tables, in the order in which it names them."""
    verb = VERB.search(sql) or re.match(r"\w+", sql)
    return " ".join(dict.fromkeys([verb[0] if verb else "?", *TABLE.findall(sql)]))


def statement(sql: str) -> AbstractContextManager[object]:
    """A statement that is run within."""
    trace = CURRENT.get()
    if trace is None or not trace.is_recorded:
        return NOTHING
    name = summary(sql)
    return trace.step(name, "client", {"db.system.name": "postgresql", "db.query.summary": name})


def record_statements(engine: AsyncEngine) -> None:
    """Those of its sessions. For a process that records: that somebody listens is paid for with every statement."""

    # Any: what SQLAlchemy tells
    def begin(_: Any, __: Any, sql: str, ___: Any, context: Any, ____: bool) -> None:
        context.step = statement(sql)

    def end(_: Any, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:  # Any: as above
        context.step.__exit__(None, None, None)
        context.step = None

    def fail(context: ExceptionContext) -> None:
        step = getattr(context.execution_context, "step", None)
        if step is not None:
            step.__exit__(None, context.original_exception, None)

    event.listen(engine.sync_engine, "before_cursor_execute", begin)
    event.listen(engine.sync_engine, "after_cursor_execute", end)
    event.listen(engine.sync_engine, "handle_error", fail)
