import asyncio
import time

from kernel.jobs import end
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.kernel.support import NOWHERE, Happened, Open, publish
from tests.running import eventually


async def ignore(_: Happened, __: UnitOfWork) -> None: ...


async def test_a_commit_wakes_a_worker_that_waits(open_kernel: Open) -> None:
    writer, worker = open_kernel(Subscriber(Happened, ignore)), open_kernel()
    listening = asyncio.create_task(worker.wakeup.listen_for_ever())
    waiting = asyncio.create_task(worker.wakeup.wait(60))
    try:

        async def is_woken() -> bool:
            await publish(writer.database, "a")
            return waiting.done()

        await eventually(is_woken)
    finally:
        await end(listening, waiting)


async def test_without_redis_waking_is_quiet_and_a_wait_ends_by_itself(open_kernel: Open) -> None:
    runtime = open_kernel(Subscriber(Happened, ignore), redis_url=NOWHERE)
    await publish(runtime.database, "a")
    began = time.monotonic()
    await runtime.wakeup.wait(0.05)
    assert time.monotonic() - began >= 0.05
