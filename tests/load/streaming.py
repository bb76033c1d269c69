"""Many open streams on one process: ``python -m tests.load.streaming``. What they cost, and when all have heard."""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

import asyncpg

from app.seeding import seed
from kernel.db import new_id
from kernel.demo import Demo
from tests.faults.http import Connection
from tests.faults.rig import Rig

HEARD = b"event: notification"


class Streams:
    """Listeners of one server."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._writers: list[asyncio.StreamWriter] = []
        self._listening: list[asyncio.Task[None]] = []
        self.heard: list[float] = []

    async def open(self, token: str) -> None:
        """One more; returns when the server has begun to answer."""
        reader, writer = await asyncio.open_connection(self._host, self._port)
        self._writers.append(writer)
        head = (
            f"GET /api/v1/notifications/stream HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        writer.write(head.encode())
        answer = await reader.readuntil(b"retry: 1000")
        if b" 200 " not in answer.split(b"\r\n", 1)[0]:
            raise RuntimeError(answer.decode())
        self._listening.append(asyncio.create_task(self._listen(reader)))

    async def close(self) -> None:
        """Hang up."""
        for task in self._listening:
            task.cancel()
        for writer in self._writers:
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            if line.startswith(HEARD):
                self.heard.append(time.monotonic())


def memory(pid: int) -> float:
    """Resident MiB."""
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


async def run(options: argparse.Namespace, rig: Rig, server: int, address: str) -> None:
    """Open them all, tell everybody, and count."""
    async with asyncpg.create_pool(rig.postgres.url, min_size=1, max_size=4) as database:
        rows = await database.fetch("SELECT id, email FROM users.users ORDER BY id")
        author, *people = rows
        streams = Streams(address)
        tokens = []
        for row in (author, *people[: options.streams]):
            at = Connection(address)
            _, pair = await at.call("POST", "/api/v1/auth/login", {"email": row["email"], "password": Demo.password})
            at.close()
            tokens.append(pair["access_token"])
        await database.execute("DELETE FROM users.follows")
        follows = [(new_id(), row["id"], author["id"]) for row in people]
        async with database.acquire() as connection:
            columns = ["id", "follower_id", "followee_id"]
            await connection.copy_records_to_table("follows", schema_name="users", columns=columns, records=follows)
        before = memory(server)
        for token in tokens[1:]:
            await streams.open(token)
        print(f"{options.streams} streams open: {memory(server):.0f} MiB, {before:.0f} without them", flush=True)
        began = time.monotonic()
        body = {"title": "To all of you", "body": "x", "status": "published"}
        await Connection(address, tokens[0]).call("POST", "/api/v1/posts", body)
        async with asyncio.timeout(60):
            while len(streams.heard) < options.streams:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.05)
        delays = [moment - began for moment in streams.heard]
        figures = f"p50 {median(delays):.2f} s, p95 {quantiles(delays, n=20)[18]:.2f} s, all {max(delays):.2f} s"
        print(f"{len(delays)} heard of the post after {figures}; {memory(server):.0f} MiB", flush=True)
        await asyncio.sleep(2)
        print(f"{len(streams.heard) - options.streams} heard it twice")
        await streams.close()


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.streaming", description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-streaming-") as name, Rig(Path(name)) as rig:
        seed(rig.env, users=options.streams + 1, posts=1, advance=lambda *_: None)

        async def all_of_it() -> None:
            address = await rig.api()
            server = rig.last_pid
            rig.worker()
            await run(options, rig, server, address)

        asyncio.run(all_of_it())


if __name__ == "__main__":
    main()
