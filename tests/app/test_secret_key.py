"""A secret key that does not open what is stored is a wrong setting, not a failure of every sign-in."""

import asyncio
from pathlib import Path

import pytest

from app.administration import check_secret_key, signing_keys
from app.processes import free_port
from kernel.settings import SettingsError
from tests.app.children import QUIRE, clean_env, running

ANOTHER = "another secret key that has never encrypted anything"


@pytest.mark.parametrize("command", [["serve", "--port", free_port()], ["work"], ["keys", "list"]])
def test_nothing_begins_with_another_one(command: list[str], env: dict[str, str], tmp_path: Path) -> None:
    signing_keys(env)  # some are stored
    with running(
        *QUIRE, *command, "--data-dir", tmp_path, env=clean_env(**env | {"QUIRE_SECRET_KEY": ANOTHER})
    ) as process:
        stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (2, "")
    assert stderr.startswith("quire: QUIRE_SECRET_KEY")
    assert stderr.count("\n") == 1
    assert ANOTHER not in stderr


async def test_the_older_of_two_is_good_enough(env: dict[str, str]) -> None:
    await asyncio.to_thread(signing_keys, env)
    rotating = {**env, "QUIRE_SECRET_KEY": f"{ANOTHER},{env['QUIRE_SECRET_KEY']}"}
    await asyncio.to_thread(check_secret_key, rotating)
    with pytest.raises(SettingsError):
        await asyncio.to_thread(check_secret_key, {**env, "QUIRE_SECRET_KEY": ANOTHER})


def test_a_database_without_tables_says_nothing_about_it(env: dict[str, str]) -> None:
    empty = env["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    check_secret_key({**env, "DATABASE_URL": empty, "QUIRE_SECRET_KEY": ANOTHER})
