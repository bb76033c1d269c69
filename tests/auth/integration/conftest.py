"""The auth module alone, on the real database; the people whom it lets in are fakes."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import get
from litestar.di import NamedDependency
from sqlalchemy import update

from kernel.application import create_app
from kernel.cache import Cache
from kernel.db import utc_now
from kernel.module import Module
from kernel.reads import Reader
from kernel.runtime import Runtime
from kernel.security import Permissions, Principal, public, signed_in, signed_in_recently
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.auth.models import MailTokenRow, SessionRow
from modules.auth.module import auth
from modules.auth.settings import AuthSettings
from modules.users import Accounts, Directory, Users
from tests.auth.integration.second_factor import Phone
from tests.running import People, Person, running
from tests.users.fakes import FakeAccounts, FakeDirectory, FakeUsers


@get(guards=[public], sync_to_thread=False)
def open_to_all() -> str:
    """No token is needed here, but a bad one is refused."""
    return "come in"


@get(guards=[signed_in_recently], sync_to_thread=False)
def open_to_the_fresh() -> str:
    """For those who have just proved who they are."""
    return "come in"


@get(guards=[signed_in], sync_to_thread=False)
def who_is_calling(me: NamedDependency[Principal]) -> dict[str, Any]:  # Any: JSON
    """What a token makes of its bearer."""
    return {"id": me.id, "permissions": sorted(me.permissions), "is_superuser": me.is_superuser}


door = Module(name="door", controllers=[open_to_all], permissions={"door:open:any": "Open the doors of others."})
whoami = Module(name="whoami", controllers=[who_is_calling])
vault = Module(name="vault", controllers=[open_to_the_fresh])


@asynccontextmanager
async def auth_alone(
    kernel: KernelSettings, users: FakeUsers, settings: AuthSettings | None = None
) -> AsyncGenerator[httpx.AsyncClient]:
    """The module over HTTP, among the people whom ``users`` knows."""
    accounts = FakeAccounts(users)

    def provide_accounts(uow: NamedDependency[UnitOfWork]) -> Accounts:
        return accounts

    def provide_users(uow: NamedDependency[UnitOfWork]) -> Users:
        return users

    def provide_directory(reader: Reader, cache: Cache, permissions: Permissions) -> Directory:
        return FakeDirectory(users, permissions)

    module = auth(
        settings or AuthSettings(bcrypt_rounds=4),
        kernel,
        provide_accounts=provide_accounts,
        provide_users=provide_users,
        provide_directory=provide_directory,
    )
    async with running(create_app(kernel, [module, door, vault, whoami])) as client:
        yield client


@pytest.fixture(scope="session")
def users() -> FakeUsers:
    return FakeUsers()


@pytest.fixture(scope="session")
async def http(settings: KernelSettings, users: FakeUsers) -> AsyncGenerator[httpx.AsyncClient]:
    """One for all tests: what they leave in the process are people, and no two have the same address."""
    async with auth_alone(settings, users) as client:
        yield client


@pytest.fixture
def people(http: httpx.AsyncClient, runtime: Runtime) -> People:
    """Signs people up and in; ``runtime`` deletes their credentials and sessions after the test."""
    return People(http)


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Phone:
    return Phone(monkeypatch)


def disable(users: FakeUsers, person: Person) -> None:
    """What an administrator would do."""
    user = users.people[UUID(person.id)]
    users.people[user.id] = msgspec.structs.replace(user, is_active=False)


async def alter(runtime: Runtime, row: type[SessionRow | MailTokenRow], row_id: str, **columns: Any) -> None:
    """Move a row's times, instead of waiting."""
    async with runtime.database.unit_of_work() as uow:
        change = update(row).where(row.id == UUID(row_id)).values(columns)
        await uow.session.execute(change.execution_options(synchronize_session=False))


async def make_stale(http: httpx.AsyncClient, runtime: Runtime, person: Person) -> None:
    """As if somebody had signed in minutes ago, and no process remembered anything else."""
    await alter(runtime, SessionRow, person.tokens["session_id"], auth_time=utc_now() - timedelta(minutes=6))
    answer = await http.post("/api/v1/auth/logout", json={"scope": "others"}, headers=person.headers)
    answer.raise_for_status()
