import os
import shutil
import socket
from pathlib import Path
from signal import SIGKILL
from urllib.parse import urlsplit

import asyncpg
import pytest

from app import embedded
from app.embedded import Postgres, Servers, Valkey
from app.processes import Failure
from tests.app.children import PYTHON, eventually, processes_in, running

HOLD = """
import sys
from pathlib import Path
from app.embedded import Servers
with Servers(Path(sys.argv[1]), durable=False) as servers:
    print(servers.database_url, flush=True)
    sys.stdin.read()
"""

FORBID_NAMESPACES = """
import ctypes, os, sys
from pathlib import Path
ready, mapped = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    if ctypes.CDLL(None).unshare(0x10000000) == 0:
        os.write(ready[1], b".")
        os.read(mapped[0], 1)
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.argv[1], sys.argv[1:])
os.close(ready[1])
if os.read(ready[0], 1):
    for numbers in ("uid_map", "gid_map"):
        Path(f"/proc/{child}/{numbers}").write_text("0 0 65536")
    os.write(mapped[1], b".")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


async def answer(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def ask_valkey(url: str, *commands: str) -> list[bytes]:
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port)) as connection, connection.makefile("rb") as answers:
        connection.sendall("".join(f"{command}\r\n" for command in (f"AUTH {address.password}", *commands)).encode())
        return [answers.readline().strip() for _ in range(len(commands) + 1)][1:]


async def test_both_servers_answer_and_take_what_they_are_told_over_a_restart(tmp_path: Path) -> None:
    with Servers(tmp_path) as servers:
        await answer(servers.database_url, "CREATE TABLE kept AS SELECT 1 AS one")
        ask_valkey(servers.redis_url, "SET kept 1")
    with Servers(tmp_path) as servers:
        assert await answer(servers.database_url, "SELECT one FROM kept") == 1
        assert ask_valkey(servers.redis_url, "EXISTS kept") == [b":1"]


async def test_a_server_that_is_killed_can_be_started_again_at_the_same_address(tmp_path: Path) -> None:
    server = Postgres(tmp_path, durable=False)
    server.start()
    try:
        address = server.url
        assert server.process
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.url == address
        assert await answer(address, "SELECT current_database()") == "quire"
    finally:
        server.stop()


@pytest.mark.parametrize("version", [16, 18])
async def test_text_is_ordered_and_folded_alike_in_every_version(tmp_path: Path, version: int) -> None:
    with Servers(tmp_path, durable=False, postgres_version=version) as servers:
        assert str(await answer(servers.database_url, "SHOW server_version")).startswith(f"{version}.")
        assert await answer(servers.database_url, "SELECT 'B' < 'a' AND upper('ä') = 'Ä'")


def test_what_is_stopped_leaves_no_process_and_no_readable_secret(tmp_path: Path) -> None:
    with Servers(tmp_path, durable=False):
        assert processes_in(tmp_path)
    assert not processes_in(tmp_path)
    for server in ("postgres", "valkey"):
        assert (tmp_path / server).stat().st_mode & 0o077 == 0
        assert (tmp_path / server / "password").stat().st_mode & 0o077 == 0


def test_nothing_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    with running(*PYTHON, HOLD, tmp_path) as parent:
        assert parent.stdout
        assert parent.stdout.readline()
        parent.send_signal(SIGKILL)
        eventually(lambda: not processes_in(tmp_path))
    with Servers(tmp_path, durable=False):
        pass


def test_an_interrupted_set_up_is_thrown_away(tmp_path: Path) -> None:
    with running(*PYTHON, HOLD, tmp_path) as parent:
        eventually((tmp_path / "postgres" / "data.new" / "base").exists)
        parent.send_signal(SIGKILL)
    with Servers(tmp_path, durable=False):
        pass


def test_a_second_server_waits_for_the_data_and_then_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Valkey(tmp_path, durable=False), Valkey(tmp_path, durable=False)
    first.start()
    monkeypatch.setattr(embedded, "PATIENCE", 0.1)
    monkeypatch.setattr(embedded, "HANDOVER", 0.1)
    try:
        with pytest.raises(Failure, match="is in use by another Valkey"):
            second.start()
    finally:
        first.stop()


def test_a_start_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    server = Postgres(tmp_path, durable=False)
    server.start()
    server.stop()
    (tmp_path / "data" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(Failure, match=r"PostgreSQL stopped: .* database files are incompatible with server"):
        server.start()


def test_a_missing_package_names_the_variable_to_set_instead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Failure, match="DATABASE_URL is not set"):
        Postgres(tmp_path).start()


@pytest.mark.skipif(not shutil.which("unshare"), reason="unshare of util-linux plays the nameless user")
def test_a_user_without_a_name_can_run_it(tmp_path: Path) -> None:
    with running("unshare", "--map-user=4242", "--map-group=4242", *PYTHON, HOLD, tmp_path) as parent:
        stdout, stderr = parent.communicate()
    assert stdout.startswith("postgresql://"), stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_root_can_run_it_where_user_namespaces_are_forbidden(tmp_path: Path) -> None:
    with running(*PYTHON, FORBID_NAMESPACES, *PYTHON, HOLD, tmp_path) as parent:
        stdout, stderr = parent.communicate()
    assert stdout.startswith("postgresql://"), stderr
    assert (tmp_path / "postgres" / "data").owner() == "nobody"
