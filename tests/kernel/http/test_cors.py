"""Who may read answers in a browser."""

import msgspec
import pytest
from litestar import get, post

from kernel.settings import KernelSettings
from tests.kernel.http.apps import SETTINGS, application, talking_to

LISTED = msgspec.structs.replace(
    SETTINGS, env="production", cors_origins=("https://app.example", "http://other.example:8080")
)
DEVELOPMENT = msgspec.structs.replace(SETTINGS, env="development")


@get("/things")
async def index() -> list[int]:
    return []


@post("/things")
async def create() -> None: ...


async def allowed(settings: KernelSettings, origin: str) -> bool:
    """Whether an origin is let in; it has to be for each kind of answer, or for none."""
    async with talking_to(application(index, create, settings=settings)) as client:
        ask = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        answers = [
            await client.get("/things", headers={"Origin": origin}),
            await client.get("/nowhere", headers={"Origin": origin}),
            await client.options("/things", headers=ask),
        ]
    assert [answer.status_code for answer in answers] == [200, 404, 204]
    told = {answer.headers.get("access-control-allow-origin") for answer in answers}
    assert told in ({origin}, {None})
    preflight = answers[2].headers
    assert (preflight.get("access-control-allow-methods") == "GET, HEAD, OPTIONS, POST") == (told == {origin})
    for answer in answers:
        names = {name for name in answer.headers if name.startswith("access-control")}
        assert bool(names) == (told == {origin})
    return told == {origin}


@pytest.mark.parametrize("origin", ["https://app.example", "http://other.example:8080"])
async def test_listed_origins_are_let_in(origin: str) -> None:
    assert await allowed(LISTED, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "*",
        "",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://app.example:443",
        "https://app.example:8443",
        "http://app.example",
        "https://app.example/",
        "https://APP.example",
        "https://xapp.example",
        "https://appxexample",
        "https://sub.app.example",
        "https://app.example, https://evil",
        "http://localhost:3000",
        "file://",
    ],
)
async def test_any_other_origin_is_not(origin: str) -> None:
    assert not await allowed(LISTED, origin)


async def test_by_default_there_is_none() -> None:
    assert not await allowed(msgspec.structs.replace(SETTINGS, env="production"), "https://quire.example")
    assert not await allowed(SETTINGS, "http://localhost:3000")
    assert not await allowed(
        msgspec.structs.replace(SETTINGS, env="production", cors_origins=("*",)), "https://evil.example"
    )


@pytest.mark.parametrize(
    "origin", ["http://localhost:3000", "https://localhost", "http://127.0.0.1:5173", "http://[::1]:8000"]
)
async def test_in_development_loopback_is_let_in(origin: str) -> None:
    assert await allowed(DEVELOPMENT, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost.evil",
        "http://evil/localhost",
        "http://127.0.0.1.evil",
        "http://127.0.0.2",
        "http://localhost:99999999",
        "null",
    ],
)
async def test_in_development_nothing_else_is(origin: str) -> None:
    assert not await allowed(DEVELOPMENT, origin)


async def test_caches_are_told_that_the_origin_matters() -> None:
    async with talking_to(application(index, settings=LISTED)) as client:
        assert (await client.get("/things")).headers["vary"] == "Origin"
    async with talking_to(application(index)) as client:
        assert "vary" not in (await client.get("/things")).headers
