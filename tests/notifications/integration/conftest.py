"""The notifications module alone, once a file: its neighbours are fakes, and so is the proof of who is calling."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import httpx
import pytest

from kernel.application import create_app
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings
from modules.notifications.module import notifications
from modules.notifications.settings import NotificationsSettings
from tests.callers import Caller, caller, credulous
from tests.posts.fakes import FakePosts
from tests.running import running, wipe
from tests.users.fakes import FakeUsers


@pytest.fixture
def ann() -> Caller:
    return caller("Ann")


@pytest.fixture
def bob() -> Caller:
    return caller("Bob")


@pytest.fixture(scope="module")
def everybody() -> FakeUsers:
    return FakeUsers()


@pytest.fixture(scope="module")
def everything() -> FakePosts:
    return FakePosts()


@pytest.fixture(autouse=True)
def users(everybody: FakeUsers, ann: Caller, bob: Caller) -> FakeUsers:
    """Whom the module's neighbour knows."""
    everybody.people = {ann.user.id: ann.user, bob.user.id: bob.user}
    return everybody


@pytest.fixture(autouse=True)
def posts(everything: FakePosts) -> FakePosts:
    """What the module's other neighbour knows."""
    everything.posts = {}
    return everything


@pytest.fixture(scope="module")
async def files_runtime(settings: KernelSettings, product: tuple[Module, ...]) -> AsyncGenerator[Runtime]:
    opened = open_runtime(settings, product)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
async def runtime(files_runtime: Runtime) -> AsyncGenerator[Runtime]:
    """What a worker opens; what a test commits through it is deleted afterwards."""
    yield files_runtime
    await wipe(files_runtime)


@pytest.fixture(scope="module")
async def module(
    settings: KernelSettings, everybody: FakeUsers, everything: FakePosts
) -> AsyncGenerator[httpx.AsyncClient]:
    known = notifications(NotificationsSettings(), settings)
    alone = replace(
        known,
        dependencies={**known.dependencies, "users": lambda: everybody, "posts": lambda: everything},
        authenticator=credulous,
        subscribers=[],
    )
    async with running(create_app(settings, [alone])) as client:
        yield client


@pytest.fixture
def http(module: httpx.AsyncClient) -> httpx.AsyncClient:
    """The module over HTTP."""
    return module
