"""Keeps processes running: what dies is started again."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from signal import SIGKILL, Signals
from typing import Protocol

from app.processes import Command, Failure, dying_with_parent

BEAT = 0.1
"""Seconds between two looks."""

SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 1.5
"""Seconds before what died is started again; doubled when it dies again and again."""

STABLE = 10.0
"""Seconds of life after which a death is not the continuation of an earlier one."""

SETTLED = 3.0
"""Seconds of life after which a program that answers nobody counts as come up."""

ATTEMPTS = 5
"""How often something is started that has never come up."""


class Service(Protocol):
    """What can be kept running."""

    @property
    def name(self) -> str: ...

    @property
    def process(self) -> subprocess.Popen[bytes] | None: ...

    def spawn(self) -> None:
        """Start it, and do not wait."""

    def is_ready(self) -> bool:
        """Whether it has come up. Asked only while the process lives, and not again after a yes."""


class Program:
    """A command that is killed when this process ends, and has come up when it ``answers``."""

    def __init__(
        self, name: str, command: Command, env: Mapping[str, str], answers: Callable[[], bool] | None = None
    ) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._command = command
        self._env = env
        self._answers = answers or self._has_settled
        self._started = 0.0

    def spawn(self) -> None:
        """Start it in a session of its own: Ctrl-C is for us."""
        self._started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 - a command of ours
            dying_with_parent(self._command, SIGKILL), env=self._env, stdin=subprocess.DEVNULL, start_new_session=True
        )

    def is_ready(self) -> bool:
        """Whether it answers, or, if it answers nobody, whether it stays."""
        return self._answers()

    def _has_settled(self) -> bool:
        return time.monotonic() - self._started > SETTLED


def keep_running(
    running: Sequence[Service],
    starting: Sequence[Service],
    has_come_up: Callable[[Service], None],
    is_over: Callable[[], bool],
) -> None:
    """Watch over what is ``running``, start the rest one after the other; return when it ``is_over``.

    A service that gives up before it ever came up ends everything, with `SystemExit` or `Failure`.
    """
    lives = [life(service, has_come_up, came_up=True) for service in running]
    waiting = list(starting)
    while not is_over():
        came_up = [next(each) for each in lives]
        if waiting and all(came_up):
            lives.append(life(waiting.pop(0), has_come_up))
        time.sleep(BEAT)


def life(service: Service, has_come_up: Callable[[Service], None], *, came_up: bool = False) -> Iterator[bool]:
    """A service, a look at a time: started, watched, started again. Yields whether it has ever come up."""
    pause, attempt = SHORTEST_PAUSE, 1
    if service.process is None:
        service.spawn()
    while True:
        started = time.monotonic()
        while (code := exit_code(service)) is None:
            if not came_up and service.is_ready():
                came_up = True
                has_come_up(service)
            yield came_up
        if not came_up and (code > 0 or attempt == ATTEMPTS):
            give_up(service, code)
        pause = SHORTEST_PAUSE if time.monotonic() - started > STABLE else min(2 * pause, LONGEST_PAUSE)
        attempt += 1
        print(f"quire: {service.name} {manner(code)}; starting it again", file=sys.stderr, flush=True)
        again = time.monotonic() + pause
        while time.monotonic() < again:
            yield came_up
        service.spawn()


def exit_code(service: Service) -> int | None:
    """None while it lives."""
    return service.process.poll() if service.process else None


def give_up(service: Service, code: int) -> None:
    """End everything. Our commands that end with 1 or 2 have said themselves what is wrong."""
    if code in {1, 2}:
        raise SystemExit(code)
    raise Failure(f"{service.name} does not come up: it {manner(code)}")


def manner(code: int) -> str:
    """How a process died."""
    return f"was killed by {Signals(-code).name}" if code < 0 else f"ended with {code}"
