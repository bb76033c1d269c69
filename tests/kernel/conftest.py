"""Fixtures of the kernel's tests."""

from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import msgspec
import pytest
from sqlalchemy import delete
from sqlalchemy.schema import CreateSchema

from kernel.mail.ledger import MailRow
from kernel.module import Module
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings
from kernel.telemetry import configure_logging
from kernel.telemetry.recording import Recorder
from kernel.unit_of_work import Subscriber
from tests.kernel.support import EFFECTS, SCRATCH, SINGLES, Open


@pytest.fixture(scope="session", autouse=True)
def logging(settings: KernelSettings) -> None:
    """As every process does first."""
    configure_logging(settings)


@pytest.fixture(scope="session")
async def scratch(settings: KernelSettings) -> None:
    """Tables of no module."""
    runtime = open_runtime(settings, [])
    async with runtime.engine.begin() as connection:
        await connection.execute(CreateSchema("scratch", if_not_exists=True))
        await connection.run_sync(SCRATCH.create_all)
    await runtime.close()


@pytest.fixture
async def open_kernel(settings: KernelSettings, scratch: None) -> AsyncGenerator[Open]:
    """Opens runtimes; closes them, and deletes what was committed: what others have left, beforehand."""
    opened = [open_runtime(settings, [])]

    async def clear() -> None:
        async with opened[0].database.unit_of_work() as uow:
            for table in (OutboxRow, MailRow, EFFECTS, SINGLES):
                await uow.session.execute(delete(table))
        await opened[0].redis.client.flushdb()

    def open_it(
        *subscribers: Subscriber[Any],
        letters: dict[str, Any] | None = None,
        recorder: Recorder | None = None,
        **changes: object,
    ) -> Runtime:
        module = Module(name="scratch", subscribers=subscribers, letters=letters or {})
        opened.append(open_runtime(msgspec.structs.replace(settings, **changes), [module], recorder))
        return opened[-1]

    await clear()
    yield open_it
    await clear()
    for runtime in opened:
        await runtime.close()


@pytest.fixture
async def observer(database_url: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection that shares nothing with the kernel."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()
