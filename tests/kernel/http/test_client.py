from collections.abc import Mapping

import httpx
import msgspec
import pytest
from litestar import get
from litestar.di import NamedDependency

from kernel.application import create_app
from kernel.http.client import Client
from kernel.module import Module
from kernel.security import public
from kernel.settings import KernelSettings
from tests.running import running


@get(guards=[public], sync_to_thread=False)
def whoever(client: NamedDependency[Client]) -> dict[str, str]:
    """Where the request comes from."""
    return {"ip": client.ip, "network": client.network, "user_agent": client.user_agent}


async def seen(settings: KernelSettings, headers: Mapping[str, str], *trusted: str) -> dict[str, str]:
    app = create_app(
        msgspec.structs.replace(settings, trusted_proxies=trusted), [Module(name="echo", controllers=[whoever])]
    )
    async with running(app) as client:
        answer: httpx.Response = await client.get("/api/v1/echo", headers=headers)
    body: dict[str, str] = answer.json()
    return body


@pytest.mark.parametrize(
    ("trusted", "forwarded", "ip"),
    [
        ((), "203.0.113.9", "127.0.0.1"),
        (("10.0.0.0/8",), "203.0.113.9", "127.0.0.1"),
        (("127.0.0.1",), "203.0.113.9", "203.0.113.9"),
        (("127.0.0.1",), "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (("127.0.0.1", "10.0.0.0/8"), "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        (("127.0.0.1",), "nonsense", "127.0.0.1"),
        (("127.0.0.1",), "198.51.100.1, nonsense", "127.0.0.1"),
        (("127.0.0.1",), "", "127.0.0.1"),
        (("*",), "198.51.100.1, 203.0.113.9", "198.51.100.1"),
    ],
)
async def test_only_what_our_own_proxies_add_is_believed(
    settings: KernelSettings, trusted: tuple[str, ...], forwarded: str, ip: str
) -> None:
    assert (await seen(settings, {"X-Forwarded-For": forwarded}, *trusted))["ip"] == ip


async def test_other_headers_name_nobody(settings: KernelSettings) -> None:
    headers = {"X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9"}
    assert (await seen(settings, headers, "127.0.0.1"))["ip"] == "127.0.0.1"


async def test_a_household_of_ipv6_is_one_place(settings: KernelSettings) -> None:
    headers = {"X-Forwarded-For": "2001:db8:1:2:3:4:5:6"}
    assert (await seen(settings, headers, "127.0.0.1"))["network"] == "2001:db8:1:2::/64"


async def test_a_user_agent_is_one_short_line(settings: KernelSettings) -> None:
    assert len((await seen(settings, {"User-Agent": "x" * 5_000}))["user_agent"]) == 300
