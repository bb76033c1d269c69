"""`quire up` for real: what is promised to whoever types it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGSTOP, SIGTERM
from subprocess import Popen

import httpx
import pytest

from app.processes import free_port
from tests.app.children import QUIRE, children_of, clean_env, eventually, is_alive, processes_in, running

pytestmark = pytest.mark.faults


class Up:
    """A `quire up` with API and worker running."""

    def __init__(self, process: Popen[str], folder: Path, port: int) -> None:
        self.process = process
        self.folder = folder
        self.address = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health/ready", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def child(self, word: str) -> int:
        """The process id of the child whose command contains ``word``; 0 if there is none."""
        return next((pid for pid, command in children_of(self.process.pid).items() if word in command), 0)

    def kill(self, word: str) -> None:
        """Kill a child, and see it come back within two seconds."""
        before = self.child(word)
        os.kill(before, SIGKILL)
        eventually(lambda: self.child(word) not in {0, before}, seconds=2)

    def family(self) -> set[int]:
        children = set(children_of(self.process.pid))
        return children | {pid for child in children for pid in children_of(child)}


@contextmanager
def up(folder: Path, *options: object, **variables: str) -> Iterator[Up]:
    port = free_port()
    env = clean_env(**variables)
    with running(*QUIRE, "up", "--data-dir", folder, "--port", port, *options, env=env) as process:
        here = Up(process, folder, port)
        eventually(here.answers, 60)
        eventually(lambda: here.child("app work"))
        yield here


def test_what_dies_is_back_within_two_seconds_and_everything_stops_in_order(tmp_path: Path) -> None:
    with up(tmp_path) as here:
        for word in ("app serve", "app work", "valkey-server", "bin/postgres"):
            here.kill(word)
            eventually(here.answers)
        here.process.send_signal(SIGTERM)
        _, stderr = here.process.communicate(timeout=40)
    assert here.process.returncode == 0
    assert stderr.count("was killed by SIGKILL; starting it again") == 4
    assert not processes_in(tmp_path)


def test_a_second_one_on_the_same_data_is_refused_and_other_commands_share_the_servers(tmp_path: Path) -> None:
    with up(tmp_path) as here:
        with running(*QUIRE, "up", "--data-dir", tmp_path, "--port", free_port(), env=clean_env()) as second:
            message = f"quire: another quire runs on the data folder {tmp_path}\n"
            assert second.communicate(timeout=10) == ("", message)
            assert second.returncode == 1
        servers = processes_in(tmp_path / "postgres") | processes_in(tmp_path / "valkey")
        person = ["--email", "root@quire.example", "--name", "Root"]
        env = clean_env(QUIRE_SUPERUSER_PASSWORD="correct horse battery staple")
        with running(*QUIRE, "create-superuser", "--data-dir", tmp_path, *person, env=env) as command:
            assert command.communicate(timeout=20) == ("root@quire.example is a superuser.\n", "")
        assert here.child("bin/postgres") in servers
        here.process.send_signal(SIGINT)
        stdout, _ = here.process.communicate(timeout=40)
    assert here.process.returncode == 0
    assert here.address in stdout
    assert str(tmp_path / "mail") in stdout


def test_a_killed_one_takes_everything_with_it_workers_of_uvicorn_included(tmp_path: Path) -> None:
    with up(tmp_path, "--workers", 2) as here:
        eventually(lambda: len(children_of(here.child("app serve"))) >= 2)
        family = here.family()
        here.process.kill()
        eventually(lambda: not any(is_alive(pid) for pid in family))
        eventually(lambda: not processes_in(tmp_path))
    with up(tmp_path) as again:  # at once, on the same data
        again.process.send_signal(SIGTERM)
        again.process.communicate(timeout=40)


def test_the_password_of_the_first_superuser_is_known_to_no_process_that_does_not_need_it(tmp_path: Path) -> None:
    password = "correct horse battery staple"
    with up(tmp_path, QUIRE_SUPERUSER_EMAIL="root@quire.example", QUIRE_SUPERUSER_PASSWORD=password) as here:
        knows = [pid for pid in here.family() if password.encode() in Path(f"/proc/{pid}/environ").read_bytes()]
        assert knows == [here.child("app serve")]


def test_a_second_ctrl_c_hurries(tmp_path: Path) -> None:
    def interrupt() -> bool:
        here.process.send_signal(SIGINT)
        return here.process.poll() is not None

    with up(tmp_path) as here:
        os.kill(here.child("app serve"), SIGSTOP)  # will not stop by itself
        eventually(interrupt, seconds=15)
    assert here.process.returncode == 0
    eventually(lambda: not processes_in(tmp_path))
