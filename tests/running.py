"""An application that runs for the length of a test, and people who use it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, cast
from uuid import UUID, uuid4

import httpx
import msgspec
from litestar import Litestar
from sqlalchemy import delete, inspect, update

from kernel.db import Entity
from kernel.delivery import Delivery
from kernel.jobs import Context
from kernel.outbox import lease
from kernel.runtime import Runtime
from kernel.settings import JobsSettings
from modules.auth.models import SigningKeyRow
from modules.users.models import UserRow

PASSWORD = "correct horse battery staple"
JOBS = JobsSettings()


@asynccontextmanager
async def running(app: Litestar) -> AsyncGenerator[httpx.AsyncClient]:
    """Its lifespan is entered and left in one task: it holds a task group, and a fixture has two tasks."""
    started, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stop.wait()

    life = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({life, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if life.done():
        life.result()
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type] # looser ASGI types
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://quire.test") as client:
            yield client
    finally:
        stop.set()
        await life


async def eventually(holds: Callable[[], object], seconds: float = 20) -> None:
    """Poll until it ``holds``, at once or when it is awaited."""
    async with asyncio.timeout(seconds):
        while not (await held if isawaitable(held := holds()) else held):  # noqa: ASYNC110 - it happens elsewhere
            await asyncio.sleep(0.02)


def delivery_of(runtime: Runtime, jobs: JobsSettings = JOBS) -> Delivery:
    """What delivers in a worker, without SAQ in between."""
    return Delivery(runtime.database, None, runtime.subscribers, jobs, runtime.wakeup)  # type: ignore[arg-type] # no queue


async def deliver_everything(runtime: Runtime, jobs: JobsSettings = JOBS, *, but: str = "") -> None:
    """What a worker would do by now; rows of the subscriber ``but`` stay where they are."""
    delivery = delivery_of(runtime, jobs)
    names = [subscriber.name for subscriber in runtime.subscribers if subscriber.name != but]
    while True:
        async with runtime.database.unit_of_work() as uow:
            leased = await lease(uow.session, seconds=jobs.lease, subscribers=names)
        if not leased:
            return
        for subscriber, ids in leased.items():
            await delivery.deliver(subscriber, [str(row_id) for row_id in ids])


def context_of(runtime: Runtime) -> Context:
    """All that scheduled tasks look at."""
    return cast("Context", {"database": runtime.database})


async def wipe(runtime: Runtime) -> None:
    """Delete all that tests have committed, but for the signing keys, which processes keep in mind."""
    async with runtime.database.unit_of_work() as uow:
        for mapper in Entity.registry.mappers - {inspect(SigningKeyRow)}:
            await uow.session.execute(delete(mapper.class_).execution_options(synchronize_session=False))
    await runtime.redis.client.flushdb()


def bearer(token: str) -> dict[str, str]:
    """The headers of whoever has it."""
    return {"Authorization": f"Bearer {token}"}


class Person(msgspec.Struct, frozen=True):
    """Somebody who is signed in."""

    id: str
    email: str
    username: str
    headers: dict[str, str]
    tokens: dict[str, Any]  # Any: JSON


async def change_user(runtime: Runtime, person: Person, **columns: object) -> None:
    """What an administrator, or time, would do."""
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(UserRow).where(UserRow.id == UUID(person.id)).values(columns))


class People:
    """Makes people through the API."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def join(self, name: str = "Ada", **form: str) -> Person:
        """Sign up and in."""
        form = {"email": f"{uuid4().hex}@example.org", "name": name, "password": PASSWORD, **form}
        answer = await self.http.post("/api/v1/auth/register", json=form)
        assert answer.status_code == 201, answer.text
        user = answer.json()
        tokens = await self.sign_in(user["email"], form["password"])
        headers = bearer(tokens["access_token"])
        return Person(user["id"], user["email"], user["username"], headers, tokens)

    async def sign_in(self, email: str, password: str = PASSWORD) -> dict[str, Any]:  # Any: JSON
        """A new session."""
        answer = await self.http.post("/api/v1/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()  # Any: JSON
        return tokens
