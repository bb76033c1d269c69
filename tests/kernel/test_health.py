import asyncio
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from kernel import health
from kernel.application import create_app
from kernel.health import Health
from kernel.mail import takes_mail
from kernel.settings import CacheSettings, KernelSettings
from tests.kernel.support import NO_DATABASE, NOWHERE, Open, silence
from tests.running import eventually, running


async def everywhere() -> bool:
    """A way out for mail."""
    return True


async def ask(settings: KernelSettings, path: str = "/health/ready", **changes: str) -> httpx.Response:
    async with running(create_app(msgspec.structs.replace(settings, **changes), [])) as client:
        return await client.get(path)


async def test_it_is_ready_with_everything_there(settings: KernelSettings) -> None:
    answer = await ask(settings)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"postgresql": "ok", "redis": "ok", "mail": "ok"}}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_it_is_ready_without_redis_and_says_so(settings: KernelSettings) -> None:
    answer = await ask(settings, redis_url=NOWHERE)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"postgresql": "ok", "redis": "unavailable", "mail": "ok"}}


@pytest.mark.parametrize("mail_url", ["smtp://127.0.0.1:1", "smtps://127.0.0.1:1", "file:/dev/null/mail"])
async def test_it_is_ready_without_mail_and_says_so(settings: KernelSettings, mail_url: str) -> None:
    answer = await ask(settings, mail_url=mail_url)
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "checks": {"postgresql": "ok", "redis": "ok", "mail": "unavailable"}}


async def test_mail_is_fine_where_a_server_listens_or_a_folder_can_be_made(tmp_path: Path) -> None:
    async with silence() as port:
        assert await takes_mail(f"smtp://127.0.0.1:{port}")
    assert await takes_mail(f"file:{tmp_path}/not/yet")
    assert not (tmp_path / "not").exists()


async def test_it_is_not_ready_without_postgresql(settings: KernelSettings) -> None:
    answer = await ask(settings, database_url=NO_DATABASE)
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json")
    assert answer.headers["Retry-After"]
    assert answer.json()["code"] == "unavailable"
    assert answer.json()["checks"] == {"postgresql": "unavailable", "redis": "ok", "mail": "ok"}


async def test_it_is_not_ready_before_the_database_is_migrated(settings: KernelSettings) -> None:
    answer = await ask(settings, database_url=settings.database_url.rpartition("/")[0] + "/postgres")
    assert (answer.status_code, answer.json()["checks"]["postgresql"]) == (503, "unavailable")


async def test_a_process_that_is_about_to_stop_is_alive_but_not_ready(settings: KernelSettings) -> None:
    app = create_app(settings, [])
    async with running(app) as client:
        assert "Connection" not in (await client.get("/health/ready")).headers
        app.draining.set()
        ready, live = await client.get("/health/ready"), await client.get("/health/live")
    assert (ready.status_code, ready.json()["detail"]) == (503, "This process is about to stop.")
    assert ready.json()["checks"]["postgresql"] == "ok"
    assert live.status_code == 200
    assert {answer.headers["Connection"] for answer in (ready, live)} == {"close"}


async def test_it_is_alive_without_anything(settings: KernelSettings) -> None:
    answer = await ask(settings, "/health/live", database_url=NO_DATABASE, redis_url=NOWHERE)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_silent_neighbours_are_not_waited_for(open_kernel: Open) -> None:
    async with silence() as port:
        server = f"127.0.0.1:{port}"
        addresses = {"database_url": f"postgresql://quire@{server}/quire", "redis_url": f"redis://{server}"}
        runtime = open_kernel(**addresses, cache=CacheSettings())
        began = time.monotonic()
        ready = await Health(runtime.engine, runtime.redis.client, everywhere, asyncio.Event()).ready()
        assert ready.checks == {"postgresql": "unavailable", "redis": "unavailable", "mail": "ok"}
        assert time.monotonic() - began < 3


async def test_the_neighbours_are_asked_at_most_once_a_second(
    open_kernel: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_kernel()
    asked = Health(runtime.engine, runtime.redis.client, everywhere, asyncio.Event())
    assert health.FRESH == 1.0
    monkeypatch.setattr(health, "FRESH", 0.2)
    first = await asked.ready()
    assert await asked.ready() is first

    async def asked_again() -> bool:
        return await asked.ready() is not first

    began = time.monotonic()
    await eventually(asked_again)
    assert time.monotonic() - began >= 0.15
