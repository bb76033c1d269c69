"""Small applications behind the real edge, and a client that talks to them as a browser would."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar.types import ControllerRouterHandler

from kernel.http.decoding import MAX_BODY, StrictRequest
from kernel.http.edge import Application
from kernel.http.encoding import JSONResponse
from kernel.http.routes import FastRoutes
from kernel.http.strictness import refuse_loose_requests
from kernel.problems import exception_handlers
from kernel.settings import KernelSettings

SETTINGS = KernelSettings(
    env="test",
    database_url="postgresql://nowhere",
    redis_url="redis://nowhere",
    mail_url="file:nowhere",
    secret_keys=("a test needs no secret, but 32 bytes",),
    public_url="https://quire.example",
)


def application(*handlers: ControllerRouterHandler, settings: KernelSettings = SETTINGS, **options: Any) -> Application:
    """Put together as `kernel.application` does, without a database."""
    return Application(
        settings,
        route_handlers=handlers,
        request_class=StrictRequest,
        response_class=JSONResponse,
        request_max_body_size=MAX_BODY,
        before_request=refuse_loose_requests,
        plugins=[FastRoutes(settings.http)],
        exception_handlers=exception_handlers,
        logging_config=None,
        **{"openapi_config": None, **options},
    )


@asynccontextmanager
async def talking_to(app: Application, base_url: str = "https://quire.example") -> AsyncGenerator[httpx.AsyncClient]:
    """A client; entered and left in the task of the test, because the lifespan wants it so."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url=base_url) as client:
        yield client


def problem_of(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The document, after checking what RFC 9457 and our own rules ask of every one."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["code"] == code, problem
    assert problem["type"] == f"/problems/{code}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    assert problem["request_id"] == response.headers["x-request-id"]
    assert ("errors" in problem) == (status == 422)
    assert response.headers["cache-control"] == "no-store"
    return problem


def pointers(problem: dict[str, Any]) -> dict[str, str]:
    """What was wrong where."""
    return {each["pointer"]: each["code"] for each in problem["errors"]}
