import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli import quire
from app.processes import free_port
from tests.app.children import QUIRE, clean_env, running

NOWHERE = {"DATABASE_URL": "postgresql://quire:secret@127.0.0.1:1/quire", "REDIS_URL": "redis://127.0.0.1:1"}


def test_every_command_takes_the_data_folder() -> None:
    for name, command in commands(quire):
        assert any("--data-dir" in option.opts for option in command.params), name


def commands(group: click.Group) -> Iterator[tuple[str, click.Command]]:
    """Also those of groups within."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command)
        else:
            yield name, command


@pytest.mark.parametrize("command", ["up", "serve", "work", "migrate"])
def test_a_wrong_setting_ends_it_with_one_line_that_names_the_variable(command: str, tmp_path: Path) -> None:
    env = clean_env(**NOWHERE, QUIRE_DB_POOL_SIZE="much", QUIRE_SECRET_KEY="s" * 32)
    listen = ["--port", free_port()] if command in {"up", "serve"} else []
    with running(*QUIRE, command, "--data-dir", tmp_path, *listen, env=env) as process:
        stdout, stderr = process.communicate(timeout=10)
    assert (process.returncode, stdout) == (2, "")
    assert stderr.startswith("quire: QUIRE_DB_POOL_SIZE")
    assert stderr.count("\n") == 1


@pytest.mark.parametrize("command", [["keys", "list"], ["seed", "--users", 2, "--posts", 2]])
def test_a_database_without_tables_is_said_in_one_line(
    command: list[object], env: dict[str, str], tmp_path: Path
) -> None:
    empty = env["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    variables = clean_env(**env | {"DATABASE_URL": empty})
    with running(*QUIRE, *command, "--data-dir", tmp_path, env=variables) as process:
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert stderr.splitlines()[-1].startswith("quire: ")
    assert "quire migrate" in stderr
    assert "Traceback" not in stderr


def test_a_wrong_setting_of_a_module_is_said_before_anything_is_started(tmp_path: Path) -> None:
    env = clean_env(QUIRE_AUTH_BCRYPT_ROUNDS="many")
    with running(*QUIRE, "up", "--data-dir", tmp_path, "--port", free_port(), env=env) as process:
        stdout, stderr = process.communicate(timeout=10)
    assert (process.returncode, stdout) == (2, "")
    assert stderr.startswith("quire: QUIRE_AUTH_BCRYPT_ROUNDS")
    assert stderr.count("\n") == 1
    assert not (tmp_path / "postgres").exists()


@pytest.mark.parametrize("command", ["up", "serve"])
def test_a_taken_port_ends_it_with_one_line(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        with running(*QUIRE, command, "--data-dir", tmp_path, "--port", port, env=clean_env()) as process:
            assert process.communicate(timeout=10) == (
                "",
                f"quire: cannot listen on 127.0.0.1, port {port}: address already in use\n",
            )
        assert process.returncode == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.faults
def test_an_unreachable_database_ends_all_of_them_within_ten_seconds_with_one_line(tmp_path: Path) -> None:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(running(*QUIRE, *command, "--data-dir", tmp_path, env=clean_env(**NOWHERE)))
            for command in (["up", "--port", free_port()], ["serve", "--port", free_port()], ["work"], ["migrate"])
        ]
        for process in processes:
            message = "quire: DATABASE_URL: no PostgreSQL answers at this address\n"
            assert process.communicate(timeout=10) == ("", message)
            assert process.returncode == 2


def test_a_data_folder_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with running(*QUIRE, "migrate", "--data-dir", tmp_path / "file" / "folder", env=clean_env()) as process:
        assert process.communicate() == ("", f"quire: {tmp_path}/file/folder cannot be used: not a directory\n")
        assert process.returncode == 1


def test_the_module_map_is_for_people_and_for_programs() -> None:
    runner = CliRunner()
    assert "/api/v1/users" in runner.invoke(quire, ["modules"]).stdout
    assert '"prefix": "/api/v1/users"' in runner.invoke(quire, ["modules", "--json"]).stdout
