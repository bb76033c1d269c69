"""What is left of the capacity when five times as much is asked for? ``python -m tests.load.overload``

Capacity is what some people get who write one post after the other. Then requests come at five times that rate, whether
those before were answered or not: how many are served, how long these wait, how soon the others are turned away, and
what the people of the beginning get right afterwards. The instance has one core, whoever asks the other one.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from tests.faults.http import Connection
from tests.faults.rig import Rig
from tests.faults.staleness import hang_up, make_authors

PEOPLE = 32
TIMES = 5
GOODPUT, SLOWER, SHED = 0.8, 3.0, 0.1
"""Promised: the part of the capacity that is left, how much longer who is served waits, the seconds of a refusal."""

POST = {"title": "T", "body": "x", "status": "published"}


class Answers(msgspec.Struct):
    """The seconds that each took, by status."""

    seconds: float
    by_status: dict[int, list[float]] = {}

    def add(self, status: int, took: float) -> None:
        self.by_status.setdefault(status, []).append(took)

    def rate(self, status: int = 201) -> float:
        """So many a second."""
        return len(self.by_status.get(status, [])) / self.seconds

    def slow(self, status: int = 201) -> float:
        """What the 99th of a hundred waits."""
        ordered = sorted(self.by_status.get(status, [0.0]))
        return ordered[len(ordered) * 99 // 100]

    def __str__(self) -> str:
        told = (
            f"{status}: {self.rate(status):.0f}/s, 99th of 100 {self.slow(status) * 1e3:.0f} ms"
            for status in sorted(self.by_status)
        )
        return "; ".join(told)


def main() -> int:
    """Print the figures; 1 if a promise is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-s", type=float, default=10, help="seconds of overload")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-overload-") as folder, Rig(Path(folder)) as rig:
        return asyncio.run(overload(rig, options.s))


async def overload(rig: Rig, seconds: float) -> int:
    """Before, meanwhile and after."""
    address = await rig.api()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(rig.last_pid, cores[:1])
    os.sched_setaffinity(0, cores[1:] or cores)
    token = (await make_authors(address, 1))[0].token
    await people(address, token, 3)
    before = await people(address, token, 5)
    print(f"before     {before}")
    meanwhile = await flood(address, token, TIMES * before.rate(), seconds)
    print(f"meanwhile  {meanwhile}")
    after = await people(address, token, 5)
    print(f"after      {after}")
    kept = meanwhile.rate() / before.rate()
    slower = meanwhile.slow() / before.slow()
    print(f"{kept:.0%} of the capacity are left, who is served waits {slower:.1f} times as long as before")
    is_odd = not meanwhile.by_status.keys() <= {201, 503} or after.by_status.keys() != {201}
    return int(kept < GOODPUT or slower > SLOWER or meanwhile.slow(503) > SHED or is_odd)


async def people(address: str, token: str, seconds: float) -> Answers:
    """Each asks again when there is an answer."""
    answers, until = Answers(seconds), time.monotonic() + seconds

    async def live() -> None:
        connection = Connection(address, token)
        while time.monotonic() < until:
            answers.add(*await ask(connection))
        connection.close()

    await asyncio.gather(*(live() for _ in range(PEOPLE)))
    return answers


async def flood(address: str, token: str, rate: float, seconds: float) -> Answers:
    """Requests that come at this ``rate``, whatever becomes of them."""
    answers, began, sent = Answers(seconds), time.monotonic(), 0
    free: list[Connection] = []
    asking: set[asyncio.Task[None]] = set()

    async def come() -> None:
        connection = free.pop() if free else Connection(address, token)
        answers.add(*await ask(connection))
        free.append(connection)

    while (passed := time.monotonic() - began) < seconds:
        for _ in range(int(passed * rate) - sent):
            task = asyncio.create_task(come())
            asking.add(task)
            task.add_done_callback(asking.discard)
            sent += 1
        await asyncio.sleep(0.005)
    await asyncio.gather(*asking)
    print(f"asked for  {sent / seconds:.0f}/s on {len(free)} connections")
    hang_up(free)
    return answers


async def ask(connection: Connection) -> tuple[int, float]:
    """The status, 0 for a connection that broke, and the seconds that it took."""
    began, status = time.perf_counter(), 0
    try:
        status, _ = await connection.call("POST", "/api/v1/posts", POST)
    except (OSError, EOFError):
        connection.close()
    return status, time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
