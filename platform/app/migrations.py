"""Brings the database to the schema that this code knows."""

import ast
import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.database import connected
from app.processes import Failure

if TYPE_CHECKING:  # half a second, which an up-to-date database does not have to wait for
    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncConnection

TURN = 8_091_963_412
"""The advisory lock: any number that nobody else in this database uses."""

LOCK_TIMEOUT = 2.0
"""Seconds that a migration may wait for a table: whoever queues behind it waits as long."""

PATIENCE = 600.0
"""Seconds to wait while somebody else migrates."""


def upgrade(database_url: str) -> None:
    """All migrations, on every branch; any number of processes may call it at once. Raises `Failure`.

    A database that is ahead of this code is left alone: during a rolling upgrade the old version may start once more.
    """
    root = checkout()
    known, heads = revisions((root / "migrations").glob("*/*.py"))
    applied = asyncio.run(applied_revisions(database_url))
    if applied <= known and not heads <= applied:
        asyncio.run(migrate(database_url, root / "pyproject.toml"))


def checkout() -> Path:
    """The folder with ``migrations`` and ``pyproject.toml``: the checkout, or where an image has its copy."""
    for folder in (Path(__file__).parents[2], Path.cwd()):
        if (folder / "migrations" / "env.py").exists() and (folder / "pyproject.toml").exists():
            return folder
    raise Failure("no migrations here: run this where the folder migrations and pyproject.toml are")


def revisions(files: Iterable[Path]) -> tuple[set[str], set[str]]:
    """All revisions, and those that no other builds on. Read, not executed: alembic alone takes half a second."""
    known: set[str] = set()
    built_on: set[str] = set()
    for file in files:
        for statement in ast.parse(file.read_text()).body:
            match statement:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    if name == "revision":
                        known.add(ast.literal_eval(value))
                    elif name in {"down_revision", "depends_on"}:
                        named = ast.literal_eval(value)
                        built_on.update([named] if isinstance(named, str) else named or ())
    return known, known - built_on


async def applied_revisions(database_url: str) -> set[str]:
    """What alembic has noted in the database; nothing in a new one."""
    async with connected(database_url) as connection:
        if not await connection.fetchval("SELECT to_regclass('alembic_version')"):
            return set()
        return {row["version_num"] for row in await connection.fetch("SELECT version_num FROM alembic_version")}


async def migrate(database_url: str, configuration: Path) -> None:
    """``alembic upgrade heads``, one process at a time."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    from kernel.db import connect
    from kernel.settings import DatabaseSettings

    def upgrade_heads(connection: "Connection") -> None:
        config = Config(toml_file=configuration)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")

    engine = connect(database_url, DatabaseSettings(statement_timeout=86400, lock_timeout=LOCK_TIMEOUT))
    try:
        async with engine.connect() as connection:
            await wait_for_turn(connection)
            await connection.run_sync(upgrade_heads)
            await connection.commit()
    except DBAPIError as error:
        raise Failure(
            f"the migration failed: {first_line(error.orig and (error.orig.__cause__ or error.orig))}"
        ) from error
    except Exception as error:
        raise Failure(f"the migration failed: {type(error).__name__}: {first_line(error)}") from error
    finally:
        await engine.dispose()


async def wait_for_turn(connection: "AsyncConnection") -> None:
    """Hold the advisory lock until the connection closes.

    Polled: whoever waits inside ``pg_advisory_lock`` holds a snapshot, and CREATE INDEX CONCURRENTLY waits for those.
    """
    from sqlalchemy import func, select

    deadline = time.monotonic() + PATIENCE
    while not await connection.scalar(select(func.pg_try_advisory_lock(TURN))):
        await connection.rollback()
        if time.monotonic() > deadline:
            raise Failure("another process has been migrating this database for ten minutes")
        await asyncio.sleep(0.2)
    await connection.commit()


def first_line(error: BaseException | None) -> str:
    """What an exception says, without what it was doing (SQL and values belong in no output)."""
    return str(error).strip().partition("\n")[0]
