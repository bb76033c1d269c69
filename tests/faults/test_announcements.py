"""An announcement to very many: its worker is killed, it is cancelled half-way, and the count is exact all the time."""

import os
import signal
import time
from typing import Any

import asyncpg
import pytest

from kernel.db import new_id
from tests.faults.http import Connection
from tests.faults.people import settle
from tests.faults.rig import Process, Rig
from tests.running import PASSWORD, eventually

pytestmark = pytest.mark.faults

AUDIENCE = int(os.environ.get("QUIRE_FAULT_AUDIENCE", "10000"))
ANNOUNCEMENTS = "/api/v1/notifications/announcements"
TOLD = """
    SELECT count(*), count(DISTINCT recipient_id) FROM notifications.notifications WHERE type = 'announcement'
    AND target_id = $1
"""
WAITING = "SELECT sum(unread) FROM notifications.inboxes"


async def administrator(address: str, database: asyncpg.Connection) -> Connection:
    """Somebody who may speak to all."""
    http = Connection(address)
    form = {"email": "olga@example.org", "password": PASSWORD}
    assert (await http.call("POST", "/api/v1/auth/register", {**form, "name": "Olga"}))[0] == 201
    await database.execute("UPDATE users.users SET roles = '{admin}'")
    _, tokens = await http.call("POST", "/api/v1/auth/login", form)
    http.close()
    return Connection(address, tokens["access_token"])


async def test_a_killed_worker_and_a_cancel_leave_an_exact_count(rig: Rig) -> None:
    database = await asyncpg.connect(rig.postgres.url)
    http = await administrator(await rig.api(), database)
    await settle(database, {(user_id := new_id()): f"{user_id}@example.org" for _ in range(AUDIENCE - 1)})
    worker = rig.worker()

    async def announce() -> dict[str, Any]:  # Any: JSON
        status, made = await http.call("POST", ANNOUNCEMENTS, {"title": "Sunday", "body": "From 6 to 7."})
        assert (status, made["total"]) == (202, AUDIENCE)
        found: dict[str, Any] = made  # Any: as above
        return found

    async def progress(made: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
        shown: dict[str, Any] = (await http.call("GET", f"{ANNOUNCEMENTS}/{made['id']}"))[1]  # Any: as above
        return shown

    async def reached(made: dict[str, Any], done: int) -> bool:
        return bool((await progress(made))["done"] >= done)

    stopped = await announce()
    await eventually(lambda: reached(stopped, AUDIENCE // 4), 120)
    kill(worker)
    await eventually(lambda: reached(stopped, AUDIENCE // 2), 120)
    status, cancelled = await http.call("POST", f"{ANNOUNCEMENTS}/{stopped['id']}/cancel")
    assert (status, cancelled["state"]) == (200, "cancelled")
    assert AUDIENCE // 2 <= cancelled["done"] < AUDIENCE
    began = time.monotonic()
    whole = await announce()

    async def is_over() -> bool:
        return bool((await progress(whole))["state"] == "done")

    await eventually(is_over, 300)
    print(f"{AUDIENCE} told in {time.monotonic() - began:.1f} s; the other one stopped at {cancelled['done']}")
    for made, done in ((stopped, cancelled["done"]), (whole, AUDIENCE)):
        assert (await progress(made))["done"] == done
        assert [tuple(row) for row in await database.fetch(TOLD, made["id"])] == [(done, done)]
    assert await database.fetchval(WAITING) == AUDIENCE + cancelled["done"] + 1  # and one welcome
    http.close()
    await database.close()


def kill(worker: Process) -> None:
    """In the middle of a batch, as likely as not; another one goes on."""
    worker.end(signal.SIGKILL)
    worker.start()
