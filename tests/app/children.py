"""Looking at real processes, for tests about what becomes of them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


def eventually(holds: Callable[[], object], seconds: float = 20) -> None:
    """Poll until it ``holds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.02)


def processes_in(folder: Path) -> set[int]:
    """All processes that live in ``folder`` or below; embedded servers do."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.add(int(entry.name))
    return found


def children_of(parent: int) -> dict[int, str]:
    """The commands of all children, by process id."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ").strip()
    return found


def is_alive(pid: int) -> bool:
    """Whether there is such a process, zombies apart."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextmanager
def running(*command: object, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process, killed in the end."""
    pipe = subprocess.PIPE
    words = [str(word) for word in command]
    with subprocess.Popen(words, text=True, stdin=pipe, stdout=pipe, stderr=pipe, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def clean_env(**variables: str) -> dict[str, str]:
    """The environment of somebody who has configured nothing but ``variables``."""
    ours = ("QUIRE_", "DATABASE_", "REDIS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | variables


PYTHON = (sys.executable, "-c")
QUIRE = (sys.executable, "-P", "-m", "app")
