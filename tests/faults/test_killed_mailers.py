"""Workers may be killed while they send: no mail is lost, and what is sent again is known as the same mail."""

import asyncio
import os
import signal
from collections import Counter
from pathlib import Path

import asyncpg
import pytest

from kernel.db import new_id
from tests.faults.people import settle
from tests.faults.rig import Rig
from tests.kernel.smtp_sink import smtp_sink
from tests.running import eventually

pytestmark = pytest.mark.faults

MAILS = int(os.environ.get("QUIRE_FAULT_MAILS", "200"))
KILLS = int(os.environ.get("QUIRE_FAULT_KILLS", "3"))
SLOTS = 10
"""Jobs that a worker has at once: as many mails may be with the server when it is killed."""

LEDGER = """
    INSERT INTO kernel.mails (id, kind, user_id, recipient, facts, state, attempts)
    SELECT id, 'notifications.welcome', user_id, email,
           jsonb_build_object('target_kind', 'user', 'target_id', user_id), 'queued', 0
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS mail (id, user_id, email)
"""
QUEUED = """
    INSERT INTO kernel.outbox (id, topic, subscriber, payload)
    SELECT id, 'kernel.mail_queued', 'kernel.mail.delivery.send',
           jsonb_build_object('type', 'kernel.mail_queued', 'event_id', id, 'mail_id', id)
    FROM unnest($1::uuid[]) AS id
"""


async def post(database: asyncpg.Connection) -> set[str]:
    """All mails at once, each to somebody else: their ids."""
    ids, people = ([new_id() for _ in range(MAILS)] for _ in range(2))
    addresses = [f"reader{number}@example.org" for number in range(MAILS)]
    async with database.transaction():
        await settle(database, dict(zip(people, addresses, strict=True)))
        await database.execute(LEDGER, ids, people, addresses)
        await database.execute(QUEUED, ids)
    return {str(each) for each in ids}


def test_killed_workers_lose_no_mail(tmp_path: Path) -> None:
    async def survive() -> None:
        async with smtp_sink() as sink:
            rig.variables["QUIRE_MAIL_URL"] = sink.url
            database = await asyncpg.connect(rig.postgres.url)
            ids = await post(database)
            workers = [rig.worker(), rig.worker()]
            for kill in range(KILLS):
                goal = MAILS * (kill + 1) // (KILLS + 1)

                def enough(goal: int = goal) -> bool:
                    return len(sink.mails) >= goal

                await eventually(enough, 120)
                victim = workers[kill % len(workers)]
                await asyncio.to_thread(victim.end, signal.SIGKILL)
                victim.start()

            async def all_sent() -> bool:
                return not await database.fetchval("SELECT count(*) FROM kernel.outbox WHERE done_at IS NULL")

            await eventually(all_sent, 120)
            assert await database.fetchval("SELECT count(*) FROM kernel.mails WHERE state <> 'sent'") == 0
            await database.close()
            sent = Counter(str(mail.message["Message-ID"]).strip("<>").partition("@")[0] for mail in sink.mails)
        assert set(sent) == ids
        repeats = sum(sent.values()) - MAILS
        print(f"{MAILS} mails, {KILLS} kills: {len(sent)} distinct Message-IDs, {repeats} repeated with the same one")
        assert repeats <= KILLS * SLOTS

    with Rig(tmp_path) as rig:
        asyncio.run(survive())
