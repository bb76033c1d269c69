"""Real processes that a test may kill, stop and continue, on servers of its own."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import httpx

from app.embedded import Postgres, Valkey
from app.migrations import upgrade
from app.processes import free_port
from tests.app.children import clean_env, processes_in
from tests.running import eventually

PATIENCE = 60.0


class Process:
    """One of our commands."""

    def __init__(self, env: dict[str, str], *arguments: str, program: str = "app") -> None:
        self._env = env
        self._command = [sys.executable, "-m", program, *arguments]
        self._process: subprocess.Popen[bytes] | None = None
        self.output: Path | None = None
        """A file to which everything goes that it says."""

    def start(self) -> Self:
        """Begin, or begin again."""
        if self.output is None:
            self._process = subprocess.Popen(self._command, env=self._env)
            return self
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(self._command, env=self._env, stdout=output, stderr=output)
        return self

    @property
    def pid(self) -> int:
        """Of the one that runs."""
        assert self._process is not None
        return self._process.pid

    def send(self, number: signal.Signals) -> None:
        """TERM, KILL, STOP or CONT."""
        assert self._process is not None
        os.kill(self._process.pid, number)

    def talks_to(self, url: str) -> bool:
        """Whether it has a connection to a server on this machine: then it has begun to work."""
        assert self._process is not None
        proc, port = Path(f"/proc/{self._process.pid}"), f":{urlsplit(url).port:04X}"
        try:
            own = {os.readlink(descriptor) for descriptor in (proc / "fd").iterdir()}
            connections = [line.split() for line in (proc / "net/tcp").read_text().splitlines()[1:]]
        except OSError:
            return False
        return any(each[2].endswith(port) and f"socket:[{each[9]}]" in own for each in connections)

    def wait(self) -> None:
        """Until somebody else has ended it."""
        assert self._process is not None
        self._process.wait()

    def end(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Wait until it is gone."""
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGCONT)
            self.send(number)
            self._process.wait(PATIENCE)


class Rig:
    """A PostgreSQL, a Valkey, and as many processes of Quire as a test wants."""

    def __init__(self, folder: Path, durable: bool = False, /, **variables: str) -> None:
        self.postgres = Postgres(folder / "postgres", durable=durable)
        self.valkey = Valkey(folder / "valkey", durable=False)
        self._folder = folder
        self.variables = variables
        self.started: list[Process] = []
        """All processes, in the order of their beginning."""
        self.output: Path | None = None
        """Where everything goes that processes say."""

    def __enter__(self) -> Self:
        self.postgres.start()
        self.valkey.start()
        upgrade(self.postgres.url)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            process.end()
        self.valkey.stop()
        self.postgres.stop()

    @property
    def env(self) -> dict[str, str]:
        """What every process is told."""
        return clean_env(
            QUIRE_ENV="test",
            QUIRE_SECRET_KEY="a key that is only good for tests: 0123456789",
            QUIRE_AUTH_BCRYPT_ROUNDS="4",
            QUIRE_HTTP_RATE_LIMITS="off",
            QUIRE_LOG_LEVEL="error",
            DATABASE_URL=self.postgres.url,
            REDIS_URL=self.valkey.url,
            **{"QUIRE_MAIL_URL": f"file:{self._folder / 'mail'}", **self.variables},
        )

    def worker(self, **variables: str) -> Process:
        """A worker, running."""
        return self._begin(Process({**self.env, **variables}, "work"))

    async def api(self, *arguments: str, program: str = "app", **variables: str) -> str:
        """An instance of the API, answering: its address."""
        port = free_port()
        self._begin(Process({**self.env, **variables}, "serve", "--port", str(port), *arguments, program=program))
        address = f"http://127.0.0.1:{port}"
        await is_ready(address)
        return address

    def crash_postgres(self) -> None:
        """Kill all of its processes at once, as a power cut would."""
        for pid in processes_in(self._folder / "postgres"):
            with suppress(ProcessLookupError):  # it went with another one
                os.kill(pid, signal.SIGKILL)
        assert self.postgres.process is not None
        self.postgres.process.wait()

    @property
    def last_pid(self) -> int:
        """Of the process that was started last."""
        return self.started[-1].pid

    def stop_last(self) -> None:
        """Ask the process that was started last to stop, and wait until it has."""
        self.started[-1].end(signal.SIGTERM)

    def _begin(self, process: Process) -> Process:
        process.output = self.output
        self.started.append(process.start())
        return process


async def is_ready(address: str) -> None:
    """Wait until an instance answers there."""
    async with httpx.AsyncClient(base_url=address) as http:

        async def answers() -> bool:
            try:
                return (await http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(answers, PATIENCE)


class Proxy:
    """A TCP proxy on loopback that can fall silent, refuse, and be itself again."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._target = parts.port
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.StreamWriter] = set()
        self._port = free_port()
        self.url = parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{self._port}").geturl()
        """Of the same server, reached through here."""

    async def accept(self) -> None:
        """Pass on what comes; connections that fell silent go on where they were."""
        self._flows.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    def stall(self) -> None:
        """Accept everything and say nothing."""
        self._flows.clear()

    async def refuse(self) -> None:
        """Cut every connection and take no new one."""
        if self._server is not None:
            self._server.close()
            self._server = None
        cut = list(self._connections)
        for writer in cut:
            writer.transport.abort()
        await asyncio.gather(*(writer.wait_closed() for writer in cut), return_exceptions=True)

    def abandon(self) -> None:
        """Say nothing more on the connections that there are, for good; new ones are as ever."""
        self._flows.clear()
        self._flows = asyncio.Event()
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", self._target)
        self._connections |= {writer, outer}
        await asyncio.gather(self._pass_on(reader, outer), self._pass_on(inner, writer), return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        flows = self._flows
        try:
            while data := await reader.read(65_536):
                await flows.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()  # `refuse` waits until it is
