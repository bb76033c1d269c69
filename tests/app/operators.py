"""The whole product with what its operator sees, and people of every kind in it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx

from app.asgi import build
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.auth import open_enrolment
from tests.running import PASSWORD, People, bearer, running


class Operator:
    """A superuser, and the product that they run."""

    def __init__(self, http: httpx.AsyncClient, runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]):
        self.http = http
        self.people = People(http)
        self.email = f"{uuid4().hex}@example.org"
        self.headers: dict[str, str] = {}
        self._runtime = runtime
        self._settings = settings
        self._env = env

    async def enrol(self) -> None:
        """As `quire create-superuser` does; then sign in."""
        async with self._runtime.database.unit_of_work() as uow:
            enrolment = open_enrolment(self._settings, self._env, uow)
            await enrolment.enrol_superuser(email=self.email, name="Olga", password=PASSWORD)
        tokens = await self.people.sign_in(self.email)
        self.headers = bearer(tokens["access_token"])


@asynccontextmanager
async def operated(runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]) -> AsyncGenerator[Operator]:
    """Runs for the length of a test; ``runtime`` deletes what it commits."""
    async with running(build(env)) as http:
        operator = Operator(http, runtime, settings, env)
        await operator.enrol()
        yield operator
