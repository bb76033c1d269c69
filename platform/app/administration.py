"""What an operator does to the product's data from the command line."""

import asyncio
from collections.abc import Mapping

from app.registry import modules
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings
from modules.auth import open_enrolment
from modules.users import NewUser, User


def create_superuser(env: Mapping[str, str], *, email: str, name: str, password: str) -> User:
    """A verified account that may do everything; raises what `Enrolment.enrol` does."""
    settings = KernelSettings.from_env(env)

    async def enrol() -> User:
        runtime = open_runtime(settings, modules(settings, env))
        try:
            async with runtime.database.unit_of_work() as uow:
                person = NewUser(email=email, name=name, is_superuser=True, email_verified=True)
                return await open_enrolment(settings, env, uow).enrol(person, password)
        finally:
            await runtime.close()

    return asyncio.run(enrol())
