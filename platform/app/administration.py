"""What an operator does to the product's data from the command line."""

import asyncio
from collections.abc import Mapping

from app.registry import modules
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings
from modules.auth import open_enrolment


def create_superuser(env: Mapping[str, str], *, email: str, name: str, password: str) -> None:
    """A verified account that may do everything; raises what `Enrolment` does."""
    settings = KernelSettings.from_env(env)

    async def enrol() -> None:
        runtime = open_runtime(settings, modules(settings, env))
        try:
            async with runtime.database.unit_of_work() as uow:
                enrolment = open_enrolment(settings, env, uow)
                await enrolment.enrol_superuser(email=email, name=name, password=password)
        finally:
            await runtime.close()

    asyncio.run(enrol())
