"""Nobody's SQL names a table of somebody else: looked at while the whole product runs."""

import inspect
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

import greenlet  # type: ignore[import-untyped] # it has no types
import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from kernel.reads import Query
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from tests.architecture.test_layout import MODULES, ROOT
from tests.architecture.test_tables import TABLES
from tests.journeys import test_journey as journey
from tests.running import People

Said: TypeAlias = tuple[str, str]
"""Who says which statement; "" is the flush of a session, which writes what anybody has left in it."""


@contextmanager
def listening() -> Iterator[set[Said]]:
    """All statements of this process."""
    said: set[Said] = set()

    def hear(_: Any, __: Any, statement: str, *___: Any) -> None:  # Any: SQLAlchemy's
        said.add((speaker(), statement))

    def prepared(query: Query[Any], given: dict[str, Any]) -> tuple[str, list[Any]]:  # Any: of any type of PostgreSQL
        sql, arguments = prepare(query, given)
        said.add((speaker(beyond=CARRIERS), sql))
        return sql, arguments

    prepare, Query.prepared = Query.prepared, prepared  # type: ignore[method-assign, assignment] # these go past the engine
    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
        Query.prepared = prepare  # type: ignore[method-assign] # the same


CARRIERS = ("reads.py", "unit_of_work.py")
"""Of the kernel: they send what others have compiled."""


def speaker(*, beyond: Collection[str] = ()) -> str:
    """The owner of the innermost code of ours, ``beyond`` some files."""
    for frame in stack():
        file = Path(frame.f_code.co_filename)
        if file.name in beyond:
            continue
        if frame.f_code.co_name == "_flush" and file.name == "session.py":
            return ""
        if file.is_relative_to(ROOT / "modules"):
            return file.relative_to(ROOT / "modules").parts[0]
        if file.is_relative_to(ROOT / "platform"):
            return file.relative_to(ROOT / "platform").parts[0]
    return "tests"


def stack() -> Iterator[FrameType]:
    """All frames, innermost first, beyond the greenlets that SQLAlchemy runs its drivers in."""
    frame: FrameType | None = sys._getframe(1)
    where: greenlet.greenlet | None = greenlet.getcurrent()
    while where is not None:
        while frame is not None:
            yield frame
            frame = frame.f_back
        where = where.parent
        frame = where.gr_frame if where is not None else None


def owners(statement: str) -> set[str]:
    """Whose tables a statement names."""
    return {
        str(table.schema) for table in TABLES if re.search(rf'(?<![\w."]){table.schema}\.{table.name}\b', statement)
    }


def intrusions(said: Iterable[Said]) -> list[Said]:
    """Statements of a module on another's tables, and of anybody on the tables of two."""
    return [
        (who, statement)
        for who, statement in said
        if len(owners(statement)) > 1 or (who in MODULES and owners(statement) - {who})
    ]


@pytest.mark.parametrize(
    "planted",
    [
        ("posts", "SELECT users.users.name FROM users.users"),
        ("posts", "SELECT 1 FROM posts.posts JOIN users.users ON author_id = users.users.id"),
        ("notifications", "DELETE FROM kernel.outbox"),
        ("kernel", "SELECT 1 FROM kernel.outbox, posts.posts"),
        ("", "INSERT INTO auth.sessions SELECT id FROM users.users"),
    ],
)
def test_a_statement_on_a_strange_table_is_noticed(planted: Said) -> None:
    own = [("users", "SELECT users.users.name FROM users.users"), ("", "INSERT INTO posts.posts VALUES (1)")]
    assert intrusions([*own, planted]) == [planted]


async def test_no_statement_of_a_module_names_a_table_of_another(
    client: httpx.AsyncClient, people: People, runtime: Runtime, settings: KernelSettings, mailbox: Path
) -> None:
    given = {"client": client, "people": people, "runtime": runtime, "settings": settings, "mailbox": mailbox}
    journeys = [function for name, function in vars(journey).items() if name.startswith("test_")]
    with listening() as said:
        for travel in journeys:
            await travel(**{name: given[name] for name in inspect.signature(travel).parameters})
    assert {who for who, _ in said} >= {"", "kernel", *MODULES}
    assert intrusions(said) == []
