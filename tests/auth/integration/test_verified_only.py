"""Signing in where an address has to be confirmed first: a setting, off by default."""

from collections.abc import AsyncGenerator
from uuid import UUID

import httpx
import pytest

from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.auth.settings import AuthSettings
from tests.auth.integration.conftest import auth_alone
from tests.auth.integration.test_registration import form, register
from tests.problems import refusal
from tests.running import PASSWORD
from tests.users.fakes import FakeAccounts, FakeUsers

LOGIN, TOKEN = "/api/v1/auth/login", "/api/v1/auth/token"


@pytest.fixture
async def strict(settings: KernelSettings, users: FakeUsers, runtime: Runtime) -> AsyncGenerator[httpx.AsyncClient]:
    async with auth_alone(settings, users, AuthSettings(bcrypt_rounds=4, verified_only=True)) as client:
        yield client


async def test_who_has_not_confirmed_the_address_is_told_so_and_nobody_else_is(
    strict: httpx.AsyncClient, users: FakeUsers
) -> None:
    newcomer = (await register(strict, form())).json()
    right = {"email": newcomer["email"], "password": PASSWORD}
    assert refusal(await strict.post(LOGIN, json=right)) == (403, "email_not_verified")
    wrong = {**right, "password": "not the right one"}
    assert refusal(await strict.post(LOGIN, json=wrong)) == (401, "invalid_credentials")
    refused = await strict.post(
        TOKEN, data={"grant_type": "password", "username": right["email"], "password": PASSWORD}
    )
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
    assert await FakeAccounts(users).verify_email(UUID(newcomer["id"]), newcomer["email"])
    assert (await strict.post(LOGIN, json=right)).status_code == 200
