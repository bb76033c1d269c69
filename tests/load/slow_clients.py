"""What do slow clients cost the others? ``python -m tests.load.slow_clients``

Some hundred connections say one byte a second, of a head and then of a body. Meanwhile some people read and write as
always: how long they wait, and how soon who is slow is ended.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.faults.http import Connection
from tests.faults.rig import Rig

SLOW = {
    "bodies": b"POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n",
    "heads": b"GET /api/v1/posts HTTP/1.1\r\nX-Slow: ",
}
PEOPLE = 4
SECONDS = 6.0
PROMISED = 15.8
"""Seconds after which nobody slow is left: fifteen, and what a look at the clock takes."""

FACTOR = 2
"""What the 99th of 100 may wait, as a multiple of what they wait without slow clients."""


def main() -> int:
    """Print the figures; 1 if anybody has waited or failed because of the slow, or one of these was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", type=int, default=300, help="slow connections")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="quire-slow-") as folder, Rig(Path(folder)) as rig:
        return asyncio.run(compare(rig, options.n))


async def compare(rig: Rig, count: int) -> int:
    """Alone first, then beside each kind of slow clients."""
    address = await rig.api()
    port = urlsplit(address).port or 0
    await people(address)
    quiet, failed = await people(address)
    print(f"alone        99th of 100: {quiet * 1e3:6.1f} ms, {failed} failed")
    kept = False
    for kind, beginning in SLOW.items():
        slow = [asyncio.create_task(trickle(port, beginning)) for _ in range(count)]
        await asyncio.sleep(2)
        busy, missed = await people(address)
        longest = max(await asyncio.gather(*slow))
        print(f"slow {kind:<7} 99th of 100: {busy * 1e3:6.1f} ms, {missed} failed; the last ended in {longest:.1f} s")
        kept = kept or longest > PROMISED or missed > 0 or busy > FACTOR * quiet + 0.05
    return int(kept)


async def people(address: str) -> tuple[float, int]:
    """How long one of a hundred waits at least, and how many got no good answer."""
    end = time.monotonic() + SECONDS
    waits: list[float] = []
    failed = 0

    async def live() -> None:
        nonlocal failed
        connection = Connection(address)
        while time.monotonic() < end:
            for method, path, body in (
                ("GET", "/api/v1/posts", None),
                ("POST", "/api/v1/auth/password/forgot", {"email": "nobody@example.org"}),
            ):
                began = time.perf_counter()
                status, _ = await connection.call(method, path, body)
                waits.append(time.perf_counter() - began)
                failed += status >= 300
                await asyncio.sleep(0.01)
        connection.close()

    await asyncio.gather(*(live() for _ in range(PEOPLE)))
    return sorted(waits)[len(waits) * 99 // 100], failed


async def trickle(port: int, beginning: bytes) -> float:
    """One byte a second, until the server has had enough; after how many seconds that was."""
    began = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(beginning)
    with suppress(ConnectionError):
        while time.monotonic() - began < 2 * PROMISED:
            writer.write(b"x")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 1)
                break
    writer.close()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
