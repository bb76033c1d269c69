"""What `quire doctor` finds, and what it advises."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import pytest
from click.testing import CliRunner

from app.cli import quire
from app.doctor import Finding, findings

NOWHERE = "127.0.0.1:1"


def found(env: Mapping[str, str], *, api: int = 1) -> dict[str, Finding]:
    return {finding.about: finding for finding in findings(env, api=api, workers=1)}


def test_a_good_set_up_is_well(env: dict[str, str]) -> None:
    looks = found(env)
    assert looks.keys() >= {"Quire", "secret key", "PostgreSQL", "schema", "clock", "pools", "Redis"}
    assert [finding for finding in looks.values() if not finding.is_well] == []


@pytest.mark.parametrize(
    ("about", "variables", "advice"),
    [
        ("secret key", {"QUIRE_SECRET_KEY": "ab" * 20}, "32 random bytes"),
        ("metrics token", {"QUIRE_METRICS_TOKEN": "short"}, "16 characters"),
        ("pools", {"QUIRE_DB_POOL_SIZE": "90"}, "raise max_connections"),
        ("Redis", {"REDIS_URL": f"redis://{NOWHERE}"}, "REDIS_URL"),
    ],
)
def test_what_is_not_well_comes_with_advice(
    env: dict[str, str], about: str, variables: dict[str, str], advice: str
) -> None:
    look = found({**env, **variables})[about]
    assert not look.is_well
    assert advice in look.text


def test_each_process_has_pools_of_its_own(env: dict[str, str]) -> None:
    assert not found(env, api=5)["pools"].is_well


async def test_a_schema_that_is_behind_wants_to_be_migrated(env: dict[str, str], database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    last = await connection.fetchval("SELECT max(version_num) FROM alembic_version")
    await connection.execute("DELETE FROM alembic_version WHERE version_num = $1", last)
    try:
        assert "quire migrate" in (await asyncio.to_thread(found, env))["schema"].text
    finally:
        await connection.execute("INSERT INTO alembic_version VALUES ($1)", last)
        await connection.close()


def test_the_command_ends_with_one_when_something_is_not_well(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    well = CliRunner().invoke(quire, ["doctor", "--data-dir", str(tmp_path)])
    assert (well.exit_code, "!!" in well.output) == (0, False)
    ill = CliRunner().invoke(quire, ["doctor", "--data-dir", str(tmp_path), "--api", "9"])
    assert (ill.exit_code, "!!  pools" in ill.output) == (1, True)
