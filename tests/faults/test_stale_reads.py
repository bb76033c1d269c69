"""No read is older than what was acknowledged before it began: posts, lists, authors' names, on two instances."""

import asyncio
import os

import pytest

from tests.faults.rig import Rig
from tests.faults.staleness import hunt

pytestmark = pytest.mark.faults

SECONDS = float(os.environ.get("QUIRE_FAULT_SECONDS", "8"))
CHECKS = 2_000
"""So many at least, or too little was looked at; a quiet machine makes a hundred thousand a minute."""


async def test_no_read_is_stale(rig: Rig) -> None:
    rig.worker()
    addresses = [await rig.api(), await rig.api()]
    findings = await hunt(addresses, seconds=SECONDS)
    assert not findings.stale, f"{len(findings.stale)} of {findings.checked}, such as {findings.stale[0]}"
    assert not findings.failed
    assert findings.checked >= CHECKS
    print(f"{findings.checked} reads checked in {SECONDS:.0f} s, none stale")


async def test_no_read_is_stale_while_redis_is_stopped_and_started(rig: Rig) -> None:
    rig.worker()
    addresses = [await rig.api(), await rig.api()]

    async def disturb() -> None:
        for _ in range(2):
            await asyncio.sleep(SECONDS / 6)
            rig.valkey.stop()
            await asyncio.sleep(SECONDS / 6)
            rig.valkey.start()

    findings, _ = await asyncio.gather(hunt(addresses, seconds=SECONDS), disturb())
    assert not findings.stale, f"{len(findings.stale)} of {findings.checked}, such as {findings.stale[0]}"
    assert not findings.failed


async def test_a_naive_cache_is_caught(rig: Rig) -> None:
    addresses = [await rig.api(program="tests.faults.naive"), await rig.api(program="tests.faults.naive")]
    assert (await hunt(addresses, seconds=2 * SECONDS, stops_at_the_first=True)).stale
