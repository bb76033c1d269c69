"""Everything into one file, and back: all of it or nothing."""

import os
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from app.backup import backup, libpq, restore
from app.migrations import applied_revisions
from app.processes import Failure
from kernel.db import new_id
from tests.app.children import QUIRE, clean_env, running
from tests.databases import own_database

ROW = "INSERT INTO kernel.outbox (id, topic, subscriber, payload) VALUES ($1, 'a.b', 'c', '{}')"


@pytest.fixture
async def own_url() -> AsyncGenerator[str]:
    """A database that a test may empty."""
    async with own_database("backup") as url:
        yield url


@pytest.fixture
async def database(own_url: str) -> AsyncGenerator[asyncpg.Connection]:
    connection = await asyncpg.connect(own_url)
    yield connection
    await connection.close()


async def rows(database: asyncpg.Connection) -> int:
    count: int = await database.fetchval("SELECT count(*) FROM kernel.outbox")
    return count


async def test_what_was_backed_up_comes_back_and_what_came_later_is_gone(
    own_url: str, database: asyncpg.Connection, tmp_path: Path
) -> None:
    await database.execute(ROW, new_id())
    before = await applied_revisions(own_url)
    backup(own_url, tmp_path / "all")
    assert [(file.name, file.stat().st_mode & 0o777) for file in tmp_path.iterdir()] == [("all", 0o600)]  # noqa: ASYNC240
    await database.execute(ROW, new_id())
    await database.execute("CREATE TABLE kernel.newer (id uuid)")
    restore(own_url, tmp_path / "all")
    assert await rows(database) == 1
    assert await database.fetchval("SELECT to_regclass('kernel.newer')") is None
    assert await applied_revisions(own_url) == before


async def test_a_file_that_is_damaged_changes_nothing(
    own_url: str, database: asyncpg.Connection, tmp_path: Path
) -> None:
    await database.execute(ROW, new_id())
    backup(own_url, tmp_path / "all")
    whole = (tmp_path / "all").read_bytes()
    for damaged in (b"no backup", whole[: len(whole) // 2], whole[:-100]):
        (tmp_path / "half").write_bytes(damaged)
        with pytest.raises(Failure):
            restore(own_url, tmp_path / "half")
        assert await rows(database) == 1


def test_the_password_is_in_no_list_of_processes() -> None:
    address, env = libpq("postgresql://quire:s%40cret@db.example:5432/quire?ssl=require")
    assert address == "postgresql://quire@db.example:5432/quire?sslmode=require"
    assert env["PGPASSWORD"] == "s@cret"


def test_the_commands_do_it(env: dict[str, str], own_url: str, tmp_path: Path) -> None:
    variables = clean_env(**{**env, "DATABASE_URL": own_url})
    file = tmp_path / "all"
    for command in (["backup", file], ["restore", file]):
        with running(*QUIRE, *command, "--data-dir", tmp_path, env=variables) as process:
            stdout, stderr = process.communicate(timeout=30)
        assert (process.returncode, stderr) == (0, "")
        assert str(file) in stdout
    with running(*QUIRE, "restore", "--yes", tmp_path / "none", "--data-dir", tmp_path, env=variables) as process:
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr.count("\n")) == (1, 1)


def test_who_sits_at_a_terminal_is_asked_before_everything_is_replaced(tmp_path: Path) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"n\n")
    command = [*QUIRE, "restore", str(tmp_path / "none"), "--data-dir", str(tmp_path)]
    asked = subprocess.run(command, stdin=terminal, env=clean_env(), capture_output=True, text=True, timeout=30)
    os.close(keyboard)
    os.close(terminal)
    assert (asked.returncode, asked.stderr) == (1, "Aborted!\n")
    assert asked.stdout.startswith("Replace everything in the database? [y/N]: ")
    assert not any(tmp_path.iterdir())
