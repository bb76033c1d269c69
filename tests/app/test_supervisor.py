import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from app import processes, supervisor
from app.processes import Failure
from app.supervisor import Program, Service, keep_running
from tests.app.children import PYTHON, eventually, is_alive, running

FOR_EVER = "import time; time.sleep(60)"
UNMOVED = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"


class Watched:
    """A program under supervision, and what was seen of it."""

    def __init__(self, code: str, *, answers: bool = True) -> None:
        self.program = Program("the test", [*PYTHON, code], {}, lambda: answers)
        self.pids: list[int] = []
        self.came_up: list[Service] = []

    def until(self, is_over: Callable[[], bool]) -> None:
        """Keep it running until then."""

        def look() -> bool:
            assert self.program.process is None or time.monotonic() < deadline
            if self.program.process and self.program.process.pid not in self.pids:
                self.pids.append(self.program.process.pid)
            return is_over()

        deadline = time.monotonic() + 20
        try:
            keep_running([], [self.program], self.came_up.append, look)
        finally:
            if self.program.process:
                processes.stop([self.program.process], SIGKILL, patience=5)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "BEAT", 0.01)
    monkeypatch.setattr(supervisor, "SHORTEST_PAUSE", 0.01)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.02)


def test_what_is_killed_is_started_again_and_comes_up_only_once() -> None:
    watched = Watched(FOR_EVER)

    def kill_twice() -> bool:
        if watched.came_up and watched.program.process:
            watched.program.process.kill()
        return len(watched.pids) == 3

    watched.until(kill_twice)
    assert watched.came_up == [watched.program]


def test_what_ends_by_itself_after_it_came_up_is_started_again(capfd: pytest.CaptureFixture[str]) -> None:
    watched = Watched("import time; time.sleep(0.2); raise SystemExit(1)")
    watched.until(lambda: len(watched.pids) == 3)
    assert "quire: the test ended with 1; starting it again" in capfd.readouterr().err


def test_what_gives_up_before_it_came_up_ends_everything_and_has_said_why(capfd: pytest.CaptureFixture[str]) -> None:
    watched = Watched("import sys; print('quire: no', file=sys.stderr); sys.exit(2)", answers=False)
    with pytest.raises(SystemExit, match="2"):
        watched.until(lambda: False)
    assert capfd.readouterr().err == "quire: no\n"


def test_an_unexpected_end_before_it_came_up_is_said_in_one_line() -> None:
    with pytest.raises(Failure, match="the test does not come up: it ended with 3"):
        Watched("raise SystemExit(3)", answers=False).until(lambda: False)


def test_what_is_killed_again_and_again_before_it_came_up_is_given_up() -> None:
    watched = Watched("import os; os.kill(os.getpid(), 9)", answers=False)
    with pytest.raises(Failure, match="the test does not come up: it was killed by SIGKILL"):
        watched.until(lambda: False)


def test_the_next_service_starts_when_the_one_before_has_come_up() -> None:
    order: list[Service] = []
    first = Program("the first", [*PYTHON, FOR_EVER], {}, lambda: second.process is None)
    second = Program("the second", [*PYTHON, FOR_EVER], {}, lambda: True)
    try:
        keep_running([], [first, second], order.append, lambda: len(order) == 2)
    finally:
        processes.stop([each.process for each in (first, second) if each.process], SIGKILL, patience=5)
    assert order == [first, second]


def test_programs_are_asked_to_stop_all_at_once_and_killed_if_they_do_not() -> None:
    with running(*PYTHON, UNMOVED) as one, running(*PYTHON, UNMOVED) as other, running(*PYTHON, FOR_EVER) as third:
        for process in (one, other):
            assert process.stdout
            assert process.stdout.readline()
        began = time.monotonic()
        processes.stop([one, other, third], SIGTERM, patience=0.5)
        assert 0.5 <= time.monotonic() - began < 5
        assert [process.returncode for process in (one, other, third)] == [-SIGKILL, -SIGKILL, -SIGTERM]


def test_a_program_is_killed_with_its_supervisor(tmp_path: Path) -> None:
    code = f"""
from app.supervisor import Program, keep_running
program = Program("the test", [{sys.executable!r}, "-c", "import time; time.sleep(60)"], {{}}, lambda: True)
keep_running([], [program], lambda _: print(program.process.pid, flush=True), lambda: False)
"""
    with running(*PYTHON, code) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        parent.send_signal(SIGKILL)
        eventually(lambda: not is_alive(child))


def test_a_child_whose_parent_went_too_early_does_not_even_start() -> None:
    nobody = subprocess.Popen([*PYTHON, ""])
    nobody.wait()
    script = f"from app import death_signal; death_signal.die_with_parent({nobody.pid}, 15); print('alive')"
    with running(*PYTHON, script) as orphan:
        assert orphan.communicate() == ("", "")
        assert orphan.returncode == -SIGKILL
