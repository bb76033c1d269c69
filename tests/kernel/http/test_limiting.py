"""Limits of routes: declared beside the handler, counted before anything is read."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import msgspec
from litestar import get

from kernel.application import create_app
from kernel.http.limiting import LIMITS
from kernel.limits import Limit
from kernel.module import Module
from kernel.runtime import Runtime
from kernel.security import public
from kernel.settings import HttpSettings, KernelSettings
from tests.callers import caller, credulous
from tests.problems import refusal
from tests.running import running

KNOCKS = Limit("knocks", 3, 60)
DOOR, WINDOW = "/api/v1/house/door", "/api/v1/house/window"


@get("/door", guards=[public], opt={LIMITS: [KNOCKS]}, sync_to_thread=False)
def knock() -> str:
    """Whoever it is."""
    return "come in"


@get("/window", guards=[public], sync_to_thread=False)
def look_in() -> str:
    """As often as they like."""
    return "nobody there"


HOUSE = Module(name="house", controllers=[knock, look_in], authenticator=credulous)


@asynccontextmanager
async def house(settings: KernelSettings) -> AsyncGenerator[httpx.AsyncClient]:
    async with running(create_app(settings, [HOUSE])) as client:
        yield client


async def test_a_limited_route_says_what_is_left_and_then_when_to_come_again(
    settings: KernelSettings, runtime: Runtime
) -> None:
    async with house(settings) as http:
        answers = [await http.get(DOOR) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"knocks";q=3;w=60'}
        left = [answer.headers["RateLimit"].partition(";t=")[0] for answer in answers]
        assert left == [f'"knocks";r={number}' for number in (2, 1, 0, 0)]
        assert refusal(answers[3]) == (429, "rate_limited")
        assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
        assert "RateLimit" not in (await http.get(WINDOW)).headers


async def test_a_refusal_for_another_reason_says_what_is_left_too(settings: KernelSettings, runtime: Runtime) -> None:
    async with house(settings) as http:
        answer = await http.get(DOOR, params={"unknown": "x"})
    assert (answer.status_code, answer.headers["RateLimit"].partition(";t=")[0]) == (422, '"knocks";r=2')


async def test_people_are_counted_one_by_one_and_strangers_by_their_network(
    settings: KernelSettings, runtime: Runtime
) -> None:
    behind = msgspec.structs.replace(settings, trusted_proxies=("127.0.0.1",))
    async with house(behind) as http:

        async def statuses(headers: dict[str, str]) -> list[int]:
            return [(await http.get(DOOR, headers=headers)).status_code for _ in range(4)]

        for headers in (
            caller("Ada").headers,
            caller("Bob").headers,
            {"X-Forwarded-For": "203.0.113.1"},
            {"X-Forwarded-For": "2001:db8::1"},
        ):
            assert await statuses(headers) == [200, 200, 200, 429]
        assert await statuses({"X-Forwarded-For": "2001:db8::ffff"}) == [429] * 4  # of the same /64


async def test_who_is_no_proxy_of_ours_speaks_for_nobody(settings: KernelSettings, runtime: Runtime) -> None:
    async with house(settings) as http:
        answers = [await http.get(DOOR, headers={"X-Forwarded-For": f"203.0.113.{host}"}) for host in range(40)]
    assert [answer.status_code for answer in answers].count(200) == 3


async def test_off_means_off(settings: KernelSettings, runtime: Runtime) -> None:
    async with house(msgspec.structs.replace(settings, http=HttpSettings(rate_limits="off"))) as http:
        answers = [await http.get(DOOR) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}
    assert all("RateLimit" not in answer.headers for answer in answers)
