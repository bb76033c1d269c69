"""GET ``/.well-known/jwks.json``, and what becomes of tokens while keys rotate."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.auth import SigningKey, open_signing_keys
from modules.auth import keys as module
from tests.auth.integration.conftest import auth_alone
from tests.problems import refusal
from tests.running import People, bearer
from tests.users.fakes import FakeUsers

JWKS, DOOR = "/.well-known/jwks.json", "/api/v1/door"


@pytest.fixture
async def instances(
    settings: KernelSettings, users: FakeUsers, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[list[httpx.AsyncClient]]:
    """Two that look at once which keys there are, instead of some seconds later."""
    monkeypatch.setattr(module, "FRESH", 0.0)
    async with auth_alone(settings, users) as one, auth_alone(settings, users) as other:
        yield [one, other]


async def published(http: httpx.AsyncClient) -> dict[str, dict[str, Any]]:  # Any: JSON
    answer = await http.get(JWKS)
    assert answer.status_code == 200
    return {key["kid"]: key for key in answer.json()["keys"]}


async def rotate(runtime: Runtime, settings: KernelSettings) -> SigningKey:
    async with runtime.database.unit_of_work() as uow:
        return await open_signing_keys(settings, uow).rotate()


def kid(token: str) -> str:
    named: str = jwt.get_unverified_header(token)["kid"]
    return named


async def test_the_keys_are_public_and_may_be_kept_for_a_while(http: httpx.AsyncClient, people: People) -> None:
    await people.join("Ada")
    answer = await http.get(JWKS)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    for key in answer.json()["keys"]:
        assert key.keys() == {"kty", "crv", "use", "alg", "kid", "x"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("OKP", "Ed25519", "sig", "EdDSA")
    again = await http.get(JWKS, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_anybody_can_verify_a_token_with_them(
    http: httpx.AsyncClient, people: People, settings: KernelSettings
) -> None:
    ada = await people.join("Ada")
    token = ada.tokens["access_token"]
    key = jwt.PyJWK((await published(http))[kid(token)])
    claims = jwt.decode(token, key, ["EdDSA"], audience="quire", issuer=settings.public_url)
    assert claims["sub"] == ada.id


async def test_a_key_is_published_before_it_signs_and_nobody_is_signed_out(
    instances: list[httpx.AsyncClient], runtime: Runtime, settings: KernelSettings
) -> None:
    one, other = instances
    ada = await People(one).join("Ada")
    seen = {kid(ada.tokens["access_token"]): ada.tokens["access_token"]}
    for _ in range(3):
        before = await published(other)
        now = await rotate(runtime, settings)
        assert str(now.id) in before
        token = (await People(other).sign_in(ada.email))["access_token"]
        assert kid(token) == str(now.id)
        seen[kid(token)] = token
        for http in instances:
            answers = [await http.get(DOOR, headers=bearer(each)) for each in seen.values()]
            assert {answer.status_code for answer in answers} == {200}
    assert len(seen) == 4
    refreshed = await one.post("/api/v1/auth/refresh", json={"refresh_token": ada.tokens["refresh_token"]})
    assert refreshed.status_code == 200


async def test_what_a_retired_key_has_signed_is_refused_and_a_refresh_goes_on(
    instances: list[httpx.AsyncClient],
    runtime: Runtime,
    settings: KernelSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("modules.auth.session_cache.FRESH", 0.0)
    monkeypatch.setattr("modules.auth.services.signing_keys.FRESH", 0.0)
    one, other = instances
    await rotate(runtime, settings)
    ada = await People(one).join("Ada")
    old = ada.tokens["access_token"]
    assert [(await http.get(DOOR, headers=bearer(old))).status_code for http in instances] == [200, 200]
    await rotate(runtime, settings)
    async with runtime.database.unit_of_work() as uow:
        await open_signing_keys(settings, uow).retire(UUID(kid(old)))
    for http in instances:
        assert refusal(await http.get(DOOR, headers=bearer(old))) == (401, "invalid_token")
        assert kid(old) not in await published(http)
    answer = await other.post("/api/v1/auth/refresh", json={"refresh_token": ada.tokens["refresh_token"]})
    assert (await one.get(DOOR, headers=bearer(answer.json()["access_token"]))).status_code == 200
