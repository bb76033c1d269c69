"""The API answers what its document says, whatever is sent: no 5xx, no status, type or shape that is not in there.

``QUIRE_SCHEMA_EXAMPLES=200`` looks longer.
"""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.asgi import build
from app.documents import openapi
from app.registry import modules
from kernel.runtime import open_runtime
from kernel.settings import KernelSettings
from modules.auth import open_enrolment
from tests.app.small_api import served
from tests.running import PASSWORD, bearer, wipe

pytestmark = pytest.mark.journey

EXAMPLES = int(os.environ.get("QUIRE_SCHEMA_EXAMPLES", "5"))
ROOT = "root@example.org"
SECRET = "what no example in the document names"
PROMISES = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]

DOCUMENT = schemathesis.openapi.from_dict(msgspec.json.decode(openapi())).exclude(path_regex="/stream$")
"""All but the answers that never end."""


class Api(msgspec.Struct, frozen=True):
    """A server, and what there is in it to be named in a path."""

    address: str
    known: dict[str, str]

    def sign_in(self) -> dict[str, str]:
        """As a superuser: whoever may do everything gets past every guard."""
        form = {"email": ROOT, "password": SECRET}
        tokens = httpx.post(f"{self.address}/api/v1/auth/login", json=form).json()
        return bearer(tokens["access_token"])


async def enrol_root(env: dict[str, str]) -> None:
    kernel = KernelSettings.from_env(env)
    runtime = open_runtime(kernel, modules(kernel, env))
    async with runtime.database.unit_of_work() as uow:
        await open_enrolment(kernel, env, uow).enrol_superuser(email=ROOT, name="Root", password=SECRET)
    await runtime.close()


async def forget_everything(env: dict[str, str]) -> None:
    kernel = KernelSettings.from_env(env)
    runtime = open_runtime(kernel, modules(kernel, env))
    await wipe(runtime)
    await runtime.close()


@pytest.fixture(scope="module")
def api(env: dict[str, str]) -> Iterator[Api]:
    env = {**env, "QUIRE_HTTP_RATE_LIMITS": "off"}
    asyncio.run(enrol_root(env))
    with served(build(env)) as address:
        api = Api(address, {})
        with httpx.Client(base_url=f"{address}/api/v1", headers=api.sign_in()) as http:
            form = {"email": "ada@example.org", "password": PASSWORD, "name": "Ada"}
            ada: dict[str, Any] = http.post("/auth/register", json=form).json()  # Any: JSON
            post: dict[str, Any] = http.post(
                "/posts", json={"title": "Hi", "body": "there", "status": "published"}
            ).json()  # Any: JSON
        api.known.update(user_id=ada["id"], username=ada["username"], post_id=post["id"], slug=post["slug"])
        yield api
    asyncio.run(forget_everything(env))


@pytest.fixture
def headers(api: Api) -> dict[str, str]:
    """A session for each operation: some of them end it."""
    return api.sign_in()


@DOCUMENT.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_api_is_as_its_document_says(case: schemathesis.Case[Any], api: Api, headers: dict[str, str]) -> None:
    if case.meta is None or case.meta.generation.mode.is_positive:
        for name in api.known.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = api.known[name]
    case.call_and_validate(base_url=api.address, headers=headers, checks=PROMISES, timeout=30)
