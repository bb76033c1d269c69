"""A `quire up` of its own for a test, as an operator would start it, on an empty data folder."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import msgspec

from app.environment import shared
from app.processes import free_port
from tests.app.children import children_of, clean_env
from tests.running import eventually

PATIENCE = 60.0


class Up(msgspec.Struct, frozen=True):
    """A running product: where it answers, its process, its data."""

    http: httpx.AsyncClient
    process: subprocess.Popen[bytes]
    data: Path

    def child(self, command: str) -> int:
        """The process that runs one of our commands."""
        return next(pid for pid, line in children_of(self.process.pid).items() if line.split()[-1] == command)

    async def database(self) -> asyncpg.Connection:
        """A connection of the test's own."""
        return await asyncpg.connect(shared(self.data)["DATABASE_URL"])


@asynccontextmanager
async def quire_up(data: Path) -> AsyncGenerator[Up]:
    """Return when it answers; SIGTERM at the end, and all of it is gone."""
    port = free_port()
    command = [sys.executable, "-m", "app", "up", "--port", str(port), "--data-dir", str(data)]
    process = subprocess.Popen(  # noqa: ASYNC220 - starting it takes no time
        command, env=clean_env(QUIRE_AUTH_BCRYPT_ROUNDS="4"), stdout=subprocess.DEVNULL
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:

        async def answers() -> bool:
            assert process.poll() is None, "quire up has ended"
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await eventually(answers, PATIENCE)
            yield Up(http, process, data)
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.wait, PATIENCE)


def kill(pid: int) -> None:
    """As the kernel does when memory is short."""
    os.kill(pid, signal.SIGKILL)
