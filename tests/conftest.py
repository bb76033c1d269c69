"""Fixtures for everyone: one real PostgreSQL and one real Valkey a run, one database a worker of xdist."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from sqlalchemy import NullPool
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.embedded import Servers
from app.migrations import upgrade
from app.registry import modules
from kernel.application import create_app
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime, personal_data_of
from kernel.settings import KernelSettings
from kernel.transaction import Transaction
from kernel.unit_of_work import UnitOfWork, by_topic
from tests.running import People, running, wipe

SERVERS = pytest.StashKey[ExitStack]()
ADDRESSES = ("QUIRE_TEST_DATABASE_URL", "QUIRE_TEST_REDIS_URL")
ENV = {
    "QUIRE_ENV": "test",
    "QUIRE_SECRET_KEY": "a key that is only good for tests: 0123456789",
    "QUIRE_PUBLIC_URL": "http://quire.test",
    "QUIRE_LOG_LEVEL": "error",
    "QUIRE_CACHE_TIMEOUT": "2",  # a busy machine is no stalled Redis,
    "QUIRE_DB_POOL_TIMEOUT": "20",  # nor an exhausted pool,
    "QUIRE_DB_LOCK_TIMEOUT": "20",  # nor a lock that nobody lets go of
    "QUIRE_DB_STATEMENT_TIMEOUT": "20",
    "QUIRE_AUTH_BCRYPT_ROUNDS": "4",
}


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the servers and migrates the template; workers of xdist inherit the addresses."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    stack = config.stash[SERVERS] = ExitStack()
    folder = Path(tempfile.mkdtemp(prefix="quire-tests-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    version = int(os.environ.get("QUIRE_TEST_POSTGRES", "18"))
    servers = stack.enter_context(Servers(folder, durable=False, postgres_version=version))
    upgrade(servers.database_url)
    os.environ.update(zip(ADDRESSES, (servers.database_url, servers.redis_url), strict=True))


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVERS in config.stash:
        config.stash[SERVERS].close()


def worker() -> str:
    """``gw0`` and so on under xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def database_url() -> str:
    """A database of this worker alone, cloned from the migrated template."""
    template_url = os.environ[ADDRESSES[0]]
    name = f"test_{worker()}"

    async def clone() -> None:
        connection = await asyncpg.connect(urlsplit(template_url)._replace(path="/postgres").geturl())
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE quire")
        await connection.close()

    asyncio.run(clone())
    return urlsplit(template_url)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A number of this worker alone."""
    number = int(worker().removeprefix("gw")) + 1 if worker() != "main" else 0
    return urlsplit(os.environ[ADDRESSES[1]])._replace(path=f"/{number}").geturl()


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mail ends up."""
    return tmp_path_factory.mktemp("mailbox")


@pytest.fixture(scope="session")
def env(database_url: str, redis_url: str, mailbox: Path) -> dict[str, str]:
    """What a process of this run would be told."""
    return {**ENV, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "QUIRE_MAIL_URL": f"file:{mailbox}"}


@pytest.fixture(scope="session")
def settings(env: dict[str, str]) -> KernelSettings:
    return KernelSettings.from_env(env)


@pytest.fixture(scope="session")
def product(settings: KernelSettings, env: dict[str, str]) -> tuple[Module, ...]:
    """All modules."""
    return modules(settings, env)


@pytest.fixture
async def session(settings: KernelSettings) -> AsyncGenerator[AsyncSession]:
    """A session whose work is undone when the test ends, whatever the code under test commits."""
    engine = create_async_engine(settings.database_url.replace("postgresql", "postgresql+asyncpg"), poolclass=NullPool)
    async with engine.connect() as connection:
        outer = await connection.begin()
        async with AsyncSession(
            bind=connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as db_session:
            yield db_session
        await outer.rollback()
    await engine.dispose()


@pytest.fixture
async def uow(
    session: AsyncSession, settings: KernelSettings, product: tuple[Module, ...]
) -> AsyncGenerator[UnitOfWork]:
    """A unit of work in that session; what it publishes stays in the outbox."""
    opened = open_runtime(settings, product)
    transaction = Transaction(opened.engine)
    transaction._session = session
    yield UnitOfWork(
        transaction,
        by_topic(opened.subscribers),
        opened.cache,
        opened.wakeup,
        opened.broadcast,
        personal_data_of(product),
    )
    await opened.close()


@pytest.fixture
async def runtime(settings: KernelSettings, product: tuple[Module, ...]) -> AsyncGenerator[Runtime]:
    """What a process opens; what a test commits through it is deleted afterwards."""
    opened = open_runtime(settings, product)
    yield opened
    await wipe(opened)
    await opened.close()


@pytest.fixture
async def client(
    runtime: Runtime, settings: KernelSettings, product: tuple[Module, ...]
) -> AsyncGenerator[httpx.AsyncClient]:
    """The whole product over HTTP, within this process; what tests commit is deleted by ``runtime``."""
    async with running(create_app(settings, product)) as http:
        yield http


@pytest.fixture
def people(client: httpx.AsyncClient) -> People:
    """Signs people up and in."""
    return People(client)
