"""An instance that can be asked what it has open, and its program: our commands, which write that down at SIGUSR1."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Self

import httpx

from app import serving
from tests.faults.rig import Process, Rig
from tests.running import eventually

if TYPE_CHECKING:
    from kernel.http.edge import Application

END = "these are all"
"""The last line of what is written."""

create = serving.application


class Watched:
    """Seen from outside."""

    def __init__(self, address: str, process: Process, note: Path) -> None:
        self.address = address
        self._process = process
        self._note = note

    @classmethod
    async def started(cls, rig: Rig, note: Path, **variables: str) -> Self:
        """One that answers."""
        address = await rig.api(program=__spec__.name, QUIRE_FAULT_TASKS=str(note), **variables)
        return cls(address, rig.started[-1], note)

    async def tasks(self) -> list[str]:
        """What its event loop has to do."""
        self._note.unlink(missing_ok=True)
        self._process.send(signal.SIGUSR1)
        await eventually(lambda: self._note.exists() and self._note.read_text().endswith(END), 10)
        return self._note.read_text().splitlines()[:-1]

    def descriptors(self) -> int:
        """How many files and connections."""
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def memory(self) -> float:
        """Mebibytes of it that are in memory."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    async def metrics(self) -> str:
        """What it tells Prometheus."""
        async with httpx.AsyncClient(base_url=self.address) as http:
            return (await http.get("/metrics")).text


def application() -> "Application":
    """The real one."""
    note = Path(os.environ["QUIRE_FAULT_TASKS"])

    def tell() -> None:
        note.write_text("".join(f"{task.get_coro()}\n" for task in asyncio.all_tasks()) + END)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    return create()


if __name__ == "__main__":
    serving.application = application
    from app.cli import main

    main()
