"""The posts module alone, once a file: its neighbours are fakes, and so is the proof of who is calling."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete

from kernel.application import create_app
from kernel.events import E, Event
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from modules.posts import CommentWritten, PostDeleted, PostPublished, ReactionAdded
from modules.posts.models import PostRow
from modules.posts.module import posts
from modules.posts.settings import PostSettings
from modules.users import User
from tests.callers import Caller, caller, credulous
from tests.running import running
from tests.users.fakes import FakeDirectory, FakeFollows, FakeUsers

EVENTS = (PostPublished, PostDeleted, CommentWritten, ReactionAdded)


class People(FakeUsers):
    """Keeps what it was asked for, one entry a call."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[set[UUID]] = []

    async def find_many(self, user_ids: set[UUID]) -> dict[UUID, User]:
        self.batches.append(user_ids)
        return await super().find_many(user_ids)


class Heard:
    """What the module told the world, by its kind."""

    def __init__(self) -> None:
        self._events: dict[type[Event], list[Any]] = {}  # Any: of the kind of its key

    def anew(self, kind: type[E]) -> list[E]:
        """From now on."""
        events = self._events[kind] = []
        return events

    async def hear(self, event: Event, _: UnitOfWork) -> None:
        self._events.setdefault(type(event), []).append(event)


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
def everybodys_follows() -> FakeFollows:
    return FakeFollows()


@pytest.fixture
def follows(everybodys_follows: FakeFollows) -> FakeFollows:
    """Who follows whom: nobody anybody, to begin with."""
    everybodys_follows.pairs.clear()
    return everybodys_follows


@pytest.fixture(scope="module")
def heard() -> Heard:
    return Heard()


@pytest.fixture
def published(heard: Heard) -> list[PostPublished]:
    """Posts that the world was told of."""
    return heard.anew(PostPublished)


@pytest.fixture
def deleted(heard: Heard) -> list[PostDeleted]:
    """Posts that are gone, as the world was told."""
    return heard.anew(PostDeleted)


@pytest.fixture
def reacted(heard: Heard) -> list[ReactionAdded]:
    """Reactions that the world was told of."""
    return heard.anew(ReactionAdded)


@pytest.fixture
def commented(heard: Heard) -> list[CommentWritten]:
    """Comments that the world was told of."""
    return heard.anew(CommentWritten)


@pytest.fixture(scope="module")
async def runtime(settings: KernelSettings, product: tuple[Module, ...]) -> AsyncGenerator[Runtime]:
    opened = open_runtime(settings, product)
    yield opened
    await opened.close()


@pytest.fixture(scope="module")
def alone(everybody: People, everybodys_follows: FakeFollows, heard: Heard) -> Module:
    """The module between its fakes."""
    real = posts(PostSettings())
    return replace(
        real,
        dependencies={
            **real.dependencies,
            "directory": lambda: FakeDirectory(everybody),
            "follows": lambda: everybodys_follows,
        },
        authenticator=credulous,
        subscribers=[Subscriber(kind, heard.hear, in_transaction=True) for kind in EVENTS],
    )


@pytest.fixture(scope="module")
async def module(settings: KernelSettings, alone: Module) -> AsyncGenerator[httpx.AsyncClient]:
    async with running(create_app(settings, [alone])) as client:
        yield client


@pytest.fixture
async def hearing(settings: KernelSettings, alone: Module) -> AsyncGenerator[Runtime]:
    """What a worker of this module alone opens: what it tells the world is heard."""
    opened = open_runtime(settings, [alone])
    yield opened
    await opened.close()


@pytest.fixture
async def http(module: httpx.AsyncClient, runtime: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    """The module over HTTP; what a test writes is deleted."""
    yield module
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(delete(PostRow))
