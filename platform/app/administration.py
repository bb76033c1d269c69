"""What an operator does to the product's data from the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from app.registry import modules
from kernel.cache import EVERYTHING
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.auth import SigningKey, open_enrolment, open_signing_keys

T = TypeVar("T")


def create_superuser(env: Mapping[str, str], *, email: str, name: str, password: str) -> None:
    """A verified account that may do everything; raises what `Enrolment` does."""

    async def enrol(settings: KernelSettings, uow: UnitOfWork) -> None:
        await open_enrolment(settings, env, uow).enrol_superuser(email=email, name=name, password=password)

    in_transaction(env, enrol)


def signing_keys(env: Mapping[str, str]) -> list[SigningKey]:
    """Those of this installation, oldest first."""
    return in_transaction(env, lambda settings, uow: open_signing_keys(settings, uow).find_all())


def rotate_signing_keys(env: Mapping[str, str]) -> SigningKey:
    """The key that signs from now on."""
    return in_transaction(env, lambda settings, uow: open_signing_keys(settings, uow).rotate())


def retire_signing_key(env: Mapping[str, str], key_id: UUID) -> None:
    """Take a key away; raises what `SigningKeys` does."""
    in_transaction(env, lambda settings, uow: open_signing_keys(settings, uow).retire(key_id))


def in_transaction(env: Mapping[str, str], act: Callable[[KernelSettings, UnitOfWork], Awaitable[T]]) -> T:
    """What ``act`` gives, once it is committed."""
    settings = KernelSettings.from_env(env)

    async def run() -> T:
        runtime = open_runtime(settings, modules(settings, env))
        try:
            async with runtime.database.unit_of_work() as uow:
                return await act(settings, uow)
        finally:
            await runtime.close()

    return asyncio.run(run())


def forget_cached(env: Mapping[str, str]) -> None:
    """Serve nothing that was read before: the database is another one."""

    async def forget() -> None:
        settings = KernelSettings.from_env(env)
        runtime = open_runtime(settings, modules(settings, env))
        try:
            async with runtime.database.unit_of_work() as uow:
                uow.changes(EVERYTHING)
        finally:
            await runtime.close()

    asyncio.run(forget())
