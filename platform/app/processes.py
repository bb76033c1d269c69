"""Starting, watching and ending child processes."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from signal import Signals
from typing import TypeAlias

from app import death_signal

Command: TypeAlias = Sequence[str | Path]


class Failure(Exception):
    """What the operator has to know, in one line."""


def dying_with_parent(command: Command, end: Signals, unprivileged: Path | None = None) -> Command:
    """``command`` such that ``end`` reaches it when this process is gone; see `death_signal` for the rest."""
    identity = ["--unprivileged", str(unprivileged)] if unprivileged else []
    return [sys.executable, "-I", "-S", death_signal.__file__, str(os.getpid()), str(int(end)), *identity, *command]


def stop(processes: Sequence[subprocess.Popen[bytes] | subprocess.Popen[str]], end: Signals, patience: float) -> None:
    """Ask all with ``end``, wait for ``patience`` seconds, then insist; Ctrl-C while waiting insists at once."""
    for process in processes:
        process.send_signal(end)  # does nothing to one that is gone
    deadline = time.monotonic() + patience
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        for process in processes:
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        process.kill()
        process.wait()


def wait_until(ready: Callable[[], bool], patience: float, otherwise: str) -> None:
    """Poll until ``ready``; after ``patience`` seconds raise `Failure` with the text ``otherwise``."""
    deadline = time.monotonic() + patience
    while not ready():
        if time.monotonic() > deadline:
            raise Failure(otherwise)
        time.sleep(0.01)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses.

    From below the range the kernel hands out to clients: there, a client that calls a port again and again while its
    server is away may end up connected to itself, and the server never gets the port back.
    """
    while True:
        port = SystemRandom().randrange(15000, 32000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
