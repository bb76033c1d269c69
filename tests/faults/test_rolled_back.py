"""A transaction that fails leaves nothing behind: no job, no mail, nothing in a cache, nobody who was told."""

import asyncio
import os

import asyncpg
import pytest
from redis.asyncio import Redis

from app.registry import modules
from kernel.db import new_id
from kernel.mail import post
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings
from modules.users import NewUser, UserFollowed, provide_accounts
from tests.faults.rig import Rig

pytestmark = pytest.mark.faults

TRANSACTIONS = int(os.environ.get("QUIRE_FAULT_ROLLBACKS", "200"))


class Refused(Exception):
    """The last word of every transaction here."""


async def test_a_thousand_transactions_that_fail_leave_nothing(rig: Rig) -> None:
    settings = KernelSettings.from_env(rig.env)
    runtime = open_runtime(settings, modules(settings, rig.env))
    redis = Redis.from_url(rig.valkey.url)

    async def fail(number: int) -> None:
        try:
            async with runtime.database.unit_of_work() as uow:
                person = NewUser(email=f"nobody{number}@example.org", name="Nobody")
                user = await provide_accounts(uow).create(person)
                await post(uow, "notifications.welcome", user_id=user.id, recipient=user.email)
                await uow.publish(UserFollowed(follower_id=new_id(), followee_id=user.id))
                uow.changes(f"person:{user.id}")
                uow.tells([user.id])
                raise Refused
        except Refused:
            return

    for start in range(0, TRANSACTIONS, 10):
        await asyncio.gather(*(fail(number) for number in range(start, start + 10)))
    database = await asyncpg.connect(rig.postgres.url)
    tables = ("kernel.outbox", "kernel.mails", "users.users", "notifications.notifications", "notifications.inboxes")
    left = {table: await database.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
    keys = await redis.keys("*")
    print(f"{TRANSACTIONS} transactions rolled back: {left}, {len(keys)} keys in Redis")
    assert (set(left.values()), keys) == ({0}, [])
    await database.close()
    await redis.aclose()
    await runtime.close()
