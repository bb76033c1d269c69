"""The posts module alone, once a file: its neighbours are fakes, and so is the proof of who is calling."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete

from kernel.application import create_app
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from modules.posts import PostPublished
from modules.posts.models import PostRow
from modules.posts.module import posts
from modules.users import User
from tests.callers import Caller, caller, credulous
from tests.running import running
from tests.users.fakes import FakeDirectory, FakeUsers


class People(FakeUsers):
    """Keeps what it was asked for, one entry a call."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[set[UUID]] = []

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        self.batches.append(user_ids)
        return await super().find_many(user_ids)


@pytest.fixture
def ann() -> Caller:
    return caller("Ann")


@pytest.fixture
def bob() -> Caller:
    return caller("Bob")


@pytest.fixture(scope="module")
def everybody() -> People:
    return People()


@pytest.fixture(autouse=True)
def users(everybody: People, ann: Caller, bob: Caller) -> People:
    """Whom the module's neighbour knows."""
    everybody.people = {ann.user.id: ann.user, bob.user.id: bob.user}
    everybody.batches.clear()
    return everybody


@pytest.fixture(scope="module")
def heard() -> list[PostPublished]:
    return []


@pytest.fixture
def published(heard: list[PostPublished]) -> list[PostPublished]:
    """What the module told the world."""
    heard.clear()
    return heard


@pytest.fixture(scope="module")
async def runtime(settings: KernelSettings, product: tuple[Module, ...]) -> AsyncGenerator[Runtime]:
    opened = open_runtime(settings, product)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
async def module(
    settings: KernelSettings, everybody: People, heard: list[PostPublished]
) -> AsyncGenerator[httpx.AsyncClient]:
    async def hear(event: PostPublished, _: UnitOfWork) -> None:
        heard.append(event)

    alone = replace(
        posts,
        dependencies={**posts.dependencies, "users": lambda: everybody, "directory": lambda: FakeDirectory(everybody)},
        authenticator=credulous,
        subscribers=[Subscriber(PostPublished, hear, in_transaction=True)],
    )
    async with running(create_app(settings, [alone])) as client:
        yield client


@pytest.fixture
async def http(module: httpx.AsyncClient, runtime: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """The module over HTTP; what a test writes is deleted."""
    yield module
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(delete(PostRow))
