"""The users module alone, on the real database; the proof of who is calling is believed."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import update

from kernel.application import create_app
from kernel.events import Event
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from modules.users import (
    AccountOpened,
    NewUser,
    RolesChanged,
    UserActivated,
    UserDeactivated,
    UserDeletionRequested,
    UserErased,
    UserFollowed,
    UserRegistered,
    UserRestored,
)
from modules.users.models import UserRow
from modules.users.module import PERMISSIONS, users
from modules.users.services import UserService
from modules.users.settings import UsersSettings
from tests.callers import Caller, caller, credulous, signed_in
from tests.running import running

Join: TypeAlias = Callable[..., Awaitable[Caller]]
Mark: TypeAlias = Callable[..., Awaitable[None]]

EVENTS = (
    AccountOpened,
    RolesChanged,
    UserActivated,
    UserDeactivated,
    UserDeletionRequested,
    UserErased,
    UserFollowed,
    UserRegistered,
    UserRestored,
)


@pytest.fixture(scope="session")
def told() -> list[Event]:
    """What the module has told others, since it runs."""
    return []


@pytest.fixture
def heard(told: list[Event]) -> list[Event]:
    """The same, since this test began."""
    told.clear()
    return told


@pytest.fixture(scope="session")
async def http(settings: KernelSettings, told: list[Event]) -> AsyncGenerator[httpx.AsyncClient]:
    """The module over HTTP. It keeps nothing in the process but what it has told, so all tests share it."""

    async def hear(event: Event, _: UnitOfWork) -> None:
        told.append(event)

    module = users(UsersSettings())
    subscribers = [*module.subscribers, *(Subscriber(event, hear, in_transaction=True) for event in EVENTS)]
    async with running(
        create_app(settings, [replace(module, authenticator=credulous, subscribers=subscribers)])
    ) as api:
        yield api


@pytest.fixture
def mark(runtime: Runtime) -> Mark:
    """What a test needs to be true of somebody."""

    async def change(person: Caller, **columns: Any) -> None:  # Any: of `UserRow`
        async with runtime.database.unit_of_work() as uow:
            await uow.session.execute(update(UserRow).where(UserRow.id == person.user.id).values(columns))

    return change


@pytest.fixture
async def admin(join: Join) -> Caller:
    """Somebody with all rights of this module."""
    return signed_in((await join("Admin")).user, *PERMISSIONS)


@pytest.fixture
def enthrone(join: Join, mark: Mark) -> Callable[[], Awaitable[Caller]]:
    """Makes superusers."""

    async def make() -> Caller:
        person = await join("Root")
        await mark(person, is_superuser=True)
        return signed_in(msgspec.structs.replace(person.user, is_superuser=True))

    return make


@pytest.fixture
async def root(enthrone: Callable[[], Awaitable[Caller]]) -> Caller:
    """The only superuser."""
    return await enthrone()


@pytest.fixture
def join(runtime: Runtime) -> Join:
    """Makes people; ``runtime`` deletes them after the test."""

    async def make(name: str = "Ada", *, username: str | None = None, email: str = "") -> Caller:
        async with runtime.database.unit_of_work() as uow:
            person = NewUser(email=email or f"{uuid4().hex}@example.org", name=name, username=username)
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
