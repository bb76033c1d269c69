"""What an operator does to the product's data from the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from app.registry import modules
from kernel.cache import EVERYTHING
from kernel.errors import Conflict, ValidationFailed
from kernel.module import Module
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings, SettingsError
from kernel.unit_of_work import UnitOfWork
from modules.auth import SigningKey, open_enrolment, open_signing_keys
from modules.users import provide_users

T = TypeVar("T")

TURN = 8_091_963_413
"""The advisory lock of who makes the first superuser (`app.migrations` has another)."""


def create_superuser(env: Mapping[str, str], *, email: str, name: str, password: str) -> None:
    """A verified account that may do everything; raises what `Enrolment` does."""

    async def enrol(settings: KernelSettings, uow: UnitOfWork) -> None:
        await open_enrolment(settings, env, uow).enrol_superuser(email=email, name=name, password=password)

    in_transaction(env, enrol)


def create_first_superuser(env: Mapping[str, str]) -> None:
    """Whom ``QUIRE_SUPERUSER_EMAIL`` names, if there is no superuser; any number of processes may call it at once.

    Raises `SettingsError` where that cannot be.
    """
    email, password = env["QUIRE_SUPERUSER_EMAIL"], env.get("QUIRE_SUPERUSER_PASSWORD", "")
    if not password:
        raise SettingsError("QUIRE_SUPERUSER_PASSWORD is not set, but QUIRE_SUPERUSER_EMAIL is")

    async def enrol(settings: KernelSettings, uow: UnitOfWork) -> None:
        await uow.session.execute(select(func.pg_advisory_xact_lock(TURN)))
        if not await provide_users(uow).has_superuser():
            enrolment = open_enrolment(settings, env, uow)
            await enrolment.enrol_superuser(email=email, name="Superuser", password=password)

    try:
        in_transaction(env, enrol)
    except (Conflict, ValidationFailed) as error:
        raise SettingsError(f"QUIRE_SUPERUSER_EMAIL, QUIRE_SUPERUSER_PASSWORD: {str(error) or error.title()}") from None


def signing_keys(env: Mapping[str, str]) -> list[SigningKey]:
    """Those of this installation, oldest first."""
    settings = KernelSettings.from_env(env)
    return run(settings, (), lambda uow: open_signing_keys(settings, uow).find_all())  # says nothing to any module


def check_secret_key(env: Mapping[str, str]) -> None:
    """Raises `SettingsError` where it is not the one of this database, rather than at every sign-in.

    A database that is not there yet, or not now, says nothing about it.
    """
    with suppress(asyncpg.PostgresError, DBAPIError, OSError):
        signing_keys(env)


def rotate_signing_keys(env: Mapping[str, str]) -> SigningKey:
    """The key that signs from now on."""
    return in_transaction(env, lambda settings, uow: open_signing_keys(settings, uow).rotate())


def retire_signing_key(env: Mapping[str, str], key_id: UUID) -> None:
    """Take a key away; raises what `SigningKeys` does."""
    in_transaction(env, lambda settings, uow: open_signing_keys(settings, uow).retire(key_id))


def in_transaction(env: Mapping[str, str], act: Callable[[KernelSettings, UnitOfWork], Awaitable[T]]) -> T:
    """What ``act`` gives, once it is committed."""
    settings = KernelSettings.from_env(env)
    return run(settings, modules(settings, env), lambda uow: act(settings, uow))


def run(settings: KernelSettings, product: Sequence[Module], act: Callable[[UnitOfWork], Awaitable[T]]) -> T:
    """The same, for a runtime of its own."""

    async def alone() -> T:
        runtime = open_runtime(settings, product)
        try:
            async with runtime.database.unit_of_work() as uow:
                return await act(uow)
        finally:
            await runtime.close()

    return asyncio.run(alone())


def forget_cached(env: Mapping[str, str]) -> None:
    """Serve nothing that was read before: the database is another one."""

    async def forget(_: KernelSettings, uow: UnitOfWork) -> None:
        uow.changes(EVERYTHING)

    in_transaction(env, forget)
