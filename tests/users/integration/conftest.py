"""The users module alone, on the real database; the proof of who is calling is believed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import TypeAlias
from uuid import uuid4

import httpx
import pytest

from kernel.application import create_app
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.users import NewUser
from modules.users.module import users
from modules.users.services import UserService
from tests.callers import Caller, caller, credulous, signed_in
from tests.running import running

Join: TypeAlias = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="session")
async def http(settings: KernelSettings) -> AsyncGenerator[httpx.AsyncClient]:
    """The module over HTTP. It keeps nothing in the process, so all tests share it."""
    async with running(create_app(settings, [replace(users, authenticator=credulous)])) as client:
        yield client


@pytest.fixture
def join(runtime: Runtime) -> Join:
    """Makes people; ``runtime`` deletes them after the test."""

    async def make(name: str = "Ada", *, username: str | None = None) -> Caller:
        async with runtime.database.unit_of_work() as uow:
            person = NewUser(email=f"{uuid4().hex}@example.org", name=name, username=username)
            return signed_in(await UserService(uow).create(person))

    return make


@pytest.fixture
def anyone() -> Caller:
    """Somebody who is signed in; enough for what is refused before anybody is looked up."""
    return caller("Anyone")


@pytest.fixture
async def ada(join: Join) -> Caller:
    return await join("Ada", username="ada")


@pytest.fixture
async def bob(join: Join) -> Caller:
    return await join("Bob", username="bob")
