"""What is measured, and what it works with: one process each of the yardsticks and of ours, on seeded servers."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Literal, TypeAlias

import asyncpg
import bcrypt
import httpx
import msgspec

from app.embedded import Servers
from app.migrations import upgrade
from app.processes import Failure, free_port, wait_until
from app.seeding import seed
from kernel.demo import Demo
from kernel.pagination import encode_cursor
from tests.app.children import clean_env

Name: TypeAlias = Literal["bare", "original", "ours", "traced"]
"""The last is ours once more, with a collector that takes the spans of every tenth request."""

ANSWERING, ASKING = 0, 1
"""The core of what is measured, and that of everything else."""

USERS = 1_000

UVICORN = ("-m", "uvicorn", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
COMMANDS: Mapping[Name, Sequence[str]] = {
    "bare": (*UVICORN, "tests.load.yardsticks.bare:app"),
    "original": (*UVICORN, "tests.load.yardsticks.original:app"),
    "ours": ("-P", "-m", "app", "serve"),
    "traced": ("-P", "-m", "app", "serve"),
}
READY: Mapping[Name, str] = {
    "bare": "/me",
    "original": "/posts?limit=1",
    "ours": "/api/v1/posts",
    "traced": "/api/v1/posts",
}
TRACING = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}
LOGIN: Mapping[Name, str] = {"original": "/auth/login", "ours": "/api/v1/auth/login"}

TABLES = Path(__file__).with_name("yardsticks") / "tables.sql"


class Place(msgspec.Struct, frozen=True):
    """A published post, where it stands among all, newest first, and whose it is."""

    id: Any  # Any: asyncpg's own UUID
    published_at: Any  # Any: a datetime
    email: str

    @property
    def moment(self) -> str:
        """As a query has it."""
        return str(self.published_at.isoformat()).replace("+00:00", "Z")

    @property
    def cursor(self) -> str:
        """Of ours: the page after it."""
        return encode_cursor("posts newest", self.published_at, self.id)


class Data(msgspec.Struct, frozen=True):
    """What the database holds."""

    posts: list[Place]

    def of(self, email: str) -> list[Place]:
        """The posts of somebody."""
        return [post for post in self.posts if post.email == email]


class Process:
    """One process of one of the three, on a core of its own."""

    def __init__(self, name: Name, env: Mapping[str, str]) -> None:
        self.name = name
        self._port = free_port()
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self.address = f"http://127.0.0.1:{self._port}"
        self.http = httpx.Client(base_url=self.address)

    def start(self) -> float:
        """Return the seconds until the first 200; raises `Failure`."""
        began = time.monotonic()
        command = ["taskset", "--cpu-list", str(ANSWERING), sys.executable, *COMMANDS[self.name]]
        self._process = subprocess.Popen([*command, "--port", str(self._port)], env=self._env)
        wait_until(self._answers, 30, f"{self.name} does not start")
        return time.monotonic() - began

    def stop(self) -> None:
        """Wait until it is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def memory(self) -> float:
        """Resident MiB."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024

    def cpu(self) -> float:
        """Seconds of work so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def log_in(self, email: str) -> dict[str, str]:
        """A pair of tokens."""
        answer = self.http.post(LOGIN[self.name], json={"email": email, "password": Demo.password})
        return dict(answer.raise_for_status().json())

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Failure(f"{self.name} ended with {self._process.returncode}")
        try:
            return self.http.get(READY[self.name]).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def servers(folder: Path, *, posts: int) -> Iterator[tuple[dict[str, str], Data]]:
    """PostgreSQL and Valkey with ``posts`` posts: the environment of what uses them. Raises `Failure`."""
    for program, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(program) is None:
            raise Failure(f"there is no {program} here: apt install {package}")
    if len(os.sched_getaffinity(0)) < 2:
        raise Failure("one core is not enough: the load would be measured together with what it is put on")
    os.sched_setaffinity(0, {ASKING})
    with Servers(folder, durable=False) as own:
        upgrade(own.database_url)
        env = clean_env(
            QUIRE_ENV="test",
            QUIRE_SECRET_KEY="a key that is only good for tests: 0123456789",
            QUIRE_AUTH_BCRYPT_ROUNDS="4",
            QUIRE_AUTH_ACCESS_TOKEN_TTL="36000",
            QUIRE_HTTP_RATE_LIMITS="off",
            QUIRE_LOG_LEVEL="warning",
            QUIRE_MAIL_URL=f"file:{folder / 'mail'}",
            DATABASE_URL=own.database_url,
            REDIS_URL=own.redis_url,
        )
        seed(env, users=USERS, posts=posts, advance=lambda _, __: None)
        yield env, asyncio.run(prepare(own.database_url))


async def prepare(database_url: str) -> Data:
    """The tables of the yardsticks, and what there is to ask for."""
    connection = await asyncpg.connect(database_url)
    try:
        hashed = bcrypt.hashpw(Demo.password.encode(), bcrypt.gensalt(4)).decode()
        await connection.execute("SELECT set_config('load.hashed_password', $1, false)", hashed)
        await connection.execute(TABLES.read_text())
        rows = await connection.fetch(
            "SELECT p.id, published_at, email FROM posts.posts p JOIN users.users u ON u.id = author_id"
            " ORDER BY published_at DESC, p.id DESC"
        )
    finally:
        await connection.close()
    return Data([Place(**row) for row in rows])


class Sink(BaseHTTPRequestHandler):
    """Takes whatever it is sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to be said."""


@contextmanager
def collector() -> Iterator[str]:
    """The address of something that takes spans."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Sink) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@contextmanager
def processes(env: Mapping[str, str]) -> Iterator[dict[Name, Process]]:
    """All of them, answering."""
    with ExitStack() as stack:
        tracing = {**TRACING, "OTEL_EXPORTER_OTLP_ENDPOINT": stack.enter_context(collector())}
        running = {name: Process(name, {**env, **tracing} if name == "traced" else env) for name in COMMANDS}
        for process in running.values():
            stack.callback(process.stop)
            process.start()
        yield running
