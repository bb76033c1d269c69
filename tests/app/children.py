"""Looking at real processes, for tests about what becomes of them."""

import ctypes
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWUSER = 0x10000000


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


def parent_of(pid: int) -> int:
    """0 if it is gone."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return 0


@contextmanager
def script(code: str, *arguments: object, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A Python process, killed in the end."""
    with python("-c", code, *arguments, env=env) as process:
        yield process


@contextmanager
def python(*arguments: object, env: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """This interpreter with other arguments, killed in the end."""
    command = [sys.executable, *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe, stderr=pipe, env=env) as process:
        try:
            yield process
        finally:
            process.kill()


def in_user_namespace(uid_map: str, prepare: Callable[[], None], command: Sequence[str]) -> int:
    """The exit code of a command in a world where users are numbered as ``uid_map`` says."""
    there, mapped = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            if ctypes.CDLL(None).unshare(CLONE_NEWUSER) == 0:
                os.write(there[1], b".")
                os.read(mapped[0], 1)
                prepare()
                os.execv(command[0], command)
        finally:
            os._exit(125)
    os.close(there[1])
    ...
