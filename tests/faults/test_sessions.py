"""What is promised of sessions, on two instances, whatever becomes of Redis, of PostgreSQL and of the processes."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from modules.auth.services.throttling import TRIES
from tests.faults.rig import Rig
from tests.running import PASSWORD, People, Person, bearer, eventually

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("QUIRE_FAULT_ROUNDS", "10"))
REPLAYS = int(os.environ.get("QUIRE_FAULT_REPLAYS", "2"))
AT_ONCE = 50
AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
PROMISE = 1.0
"""Seconds until what has ended is refused everywhere."""

JSON: TypeAlias = dict[str, Any]  # Any: JSON


Start: TypeAlias = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def start(rig: Rig) -> AsyncGenerator[Start]:
    """Starts an instance: a client with many connections to it."""
    async with AsyncExitStack() as stack:

        async def begin(**variables: str) -> httpx.AsyncClient:
            limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
            client = httpx.AsyncClient(base_url=await rig.api(**variables), limits=limits, timeout=60)
            return await stack.enter_async_context(client)

        yield begin


@pytest.fixture
async def redis(rig: Rig) -> AsyncGenerator[Redis]:
    client = Redis.from_url(rig.valkey.url)
    yield client
    await client.aclose()


async def refresh(http: httpx.AsyncClient, token: str) -> httpx.Response:
    return await http.post(f"{AUTH}/refresh", json={"refresh_token": token})


async def is_let_in(http: httpx.AsyncClient, access_token: str) -> bool:
    answer = await http.get(f"{AUTH}/sessions", headers=bearer(access_token))
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def test_of_many_refreshes_at_once_comes_one_branch(start: Start, redis: Redis) -> None:
    one, other = await start(), await start()
    ada = await People(one).join("Ada")
    token: str = ada.tokens["refresh_token"]
    for number in range(ROUNDS):
        asked = [refresh((one, other)[each % 2], token) for each in range(AT_ONCE)]
        flushed = [redis.flushall()] if number % 3 == 0 else []
        answers, *_ = await asyncio.gather(asyncio.gather(*asked), *flushed)
        assert {answer.status_code for answer in answers} == {200}
        successors = {answer.json()["refresh_token"] for answer in answers}
        assert len(successors) == 1, f"{len(successors)} branches in round {number}"
        (token,) = successors
    access_tokens = [answer.json()["access_token"] for answer in answers]
    assert all([await is_let_in(one, each) for each in access_tokens[:5]])
    print(f"{ROUNDS} rounds of {AT_ONCE} refreshes at once on two instances, one branch")


async def test_a_late_replay_is_refused_and_its_session_dead_whatever_happened_in_between(
    rig: Rig, start: Start, redis: Redis
) -> None:
    instances = [await start(), await start()]
    kept: dict[bytes, bytes] = {}

    async def nothing() -> None:
        """In the same second."""

    async def flush_redis() -> None:
        await redis.flushall()

    async def restore_an_old_dump_of_redis() -> None:
        await redis.flushall()
        for key, value in kept.items():
            await redis.restore(key, 0, value)

    async def restart_postgresql() -> None:
        rig.postgres.stop()
        rig.postgres.start()

    async def start_anew() -> None:
        instances[:] = [await start(), await start()]

    bob = await People(instances[0]).join("Bob")
    for disturb in (nothing, flush_redis, restore_an_old_dump_of_redis, restart_postgresql, start_anew):
        copies: list[str] = [(await People(instances[0]).join("Ada")).tokens["refresh_token"] for _ in range(REPLAYS)]
        keys = [key async for key in redis.scan_iter("*")]
        kept = {key: value for key in keys if (value := await redis.dump(key))}
        newest: list[JSON] = [{"refresh_token": copied} for copied in copies]
        for http in instances:
            newest = [(await refresh(http, tokens["refresh_token"])).json() for tokens in newest]
        assert await is_let_in(instances[1], newest[-1]["access_token"])
        await disturb()
        for copied, tokens in zip(copies, newest, strict=True):
            replay = await refresh(instances[0], copied)
            assert (replay.status_code, replay.json()["code"]) == (401, "refresh_reused"), disturb
            for http in instances:
                assert (await refresh(http, tokens["refresh_token"])).status_code == 401, disturb
                assert (await refresh(http, copied)).status_code == 401, disturb
            await is_refused_in_time(instances, tokens["access_token"])
        assert await is_let_in(instances[1], bob.tokens["access_token"]), "others go on"
    print(f"{REPLAYS} late replays after each of 5 disturbances, none accepted")


async def is_refused_in_time(instances: Sequence[httpx.AsyncClient], access_token: str) -> float:
    """The seconds until a token is refused on all instances."""
    began = time.monotonic()

    async def is_refused() -> bool:
        return not any([await is_let_in(http, access_token) for http in instances])

    await eventually(is_refused, 3 * PROMISE)
    return time.monotonic() - began


Act: TypeAlias = Callable[[httpx.AsyncClient, Person, Person], Awaitable[httpx.Response]]


async def log_out(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    return await http.post(f"{AUTH}/logout", headers=person.headers)


async def log_out_everywhere(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    return await http.post(f"{AUTH}/logout", json={"scope": "global"}, headers=person.headers)


async def end_the_session(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    return await http.delete(f"{AUTH}/sessions/{person.tokens['session_id']}", headers=person.headers)


async def end_it_from_another_device(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    elsewhere = await People(http).sign_in(person.email)
    return await http.delete(f"{AUTH}/sessions", headers=bearer(elsewhere["access_token"]))


async def change_the_password_elsewhere(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    elsewhere = await People(http).sign_in(person.email)
    form = {"current_password": PASSWORD, "new_password": f"{PASSWORD} {uuid4().hex}"}
    headers = bearer(elsewhere["access_token"])
    return await http.post(f"{AUTH}/password/change", json=form, headers=headers)


async def deactivate(http: httpx.AsyncClient, person: Person, admin: Person) -> httpx.Response:
    return await http.post(f"/api/v1/users/{person.id}/deactivate", headers=admin.headers)


async def leave(http: httpx.AsyncClient, person: Person, _: Person) -> httpx.Response:
    return await http.delete(ME, headers=person.headers)


ACTS: tuple[Act, ...] = (
    log_out,
    log_out_everywhere,
    end_the_session,
    end_it_from_another_device,
    change_the_password_elsewhere,
    deactivate,
    leave,
)


async def test_what_has_ended_is_refused_everywhere_within_a_second_with_redis_up_or_down(
    rig: Rig, start: Start
) -> None:
    one, other = await start(), await start()
    root = await superuser(rig, one)
    slowest: dict[str, float] = {}
    for redis_is_up in (True, False):
        if not redis_is_up:
            rig.valkey.stop()
        for act in ACTS:
            ada = await People(one).join("Ada")
            assert all([await is_let_in(http, ada.tokens["access_token"]) for http in (one, other)])
            answer = await act(one, ada, root)
            assert answer.status_code < 300, (act.__name__, answer.text)
            took = await is_refused_in_time((other, one), ada.tokens["access_token"])
            slowest[act.__name__] = max(took, slowest.get(act.__name__, 0.0))
            assert (await refresh(other, ada.tokens["refresh_token"])).status_code == 401, act.__name__
    print("slowest refusal, in seconds:", {name: round(took, 2) for name, took in slowest.items()})


async def test_who_is_no_moderator_any_more_can_do_less_everywhere_within_a_second_without_redis(
    rig: Rig, start: Start
) -> None:
    one, other = await start(), await start()
    root = await superuser(rig, one)
    ada, bob = await People(one).join("Ada"), await People(one).join("Bob")
    draft = (await one.post("/api/v1/posts", json={"title": "T", "body": "x"}, headers=bob.headers)).json()["id"]
    rig.valkey.stop()

    async def sees(http: httpx.AsyncClient) -> bool:
        return (await http.get(f"/api/v1/posts/{draft}", headers=ada.headers)).status_code == 200

    async def is_moderator_everywhere() -> bool:
        return all([await sees(http) for http in (one, other)])

    async def is_moderator_nowhere() -> bool:
        return not any([await sees(http) for http in (one, other)])

    for roles, holds in ((["moderator"], is_moderator_everywhere), ([], is_moderator_nowhere)):
        answer = await one.put(f"/api/v1/users/{ada.id}/roles", json={"roles": roles}, headers=root.headers)
        assert answer.status_code == 200, answer.text
        await eventually(holds, 3 * PROMISE)


async def superuser(rig: Rig, http: httpx.AsyncClient) -> Person:
    """Somebody who may do everything."""
    root = await People(http).join("Root")
    connection = await asyncpg.connect(rig.postgres.url)
    await connection.execute("UPDATE users.users SET is_superuser = true WHERE id = $1", root.id)
    await connection.close()
    await asyncio.sleep(PROMISE)
    return root


@pytest.mark.parametrize("redis_is_up", [True, False])
async def test_of_many_wrong_passwords_at_once_not_one_too_many_is_looked_at(
    rig: Rig, start: Start, redis_is_up: bool
) -> None:
    patient = {"QUIRE_CACHE_TIMEOUT": "5"}  # on a busy machine, a Redis that is slow would count as one that is away
    limited = {"QUIRE_HTTP_RATE_LIMITS": "on", "QUIRE_HTTP_MAX_IN_FLIGHT": "256", **patient}
    one, other = [await start(**limited) for _ in range(2)]
    ada = await People(one).join("Ada")
    if not redis_is_up:
        rig.valkey.stop()
    form = {"email": ada.email, "password": "a wrong password"}
    answers = await asyncio.gather(*((one, other)[n % 2].post(f"{AUTH}/login", json=form) for n in range(200)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {401, 429, 503}, "503: a busy machine"
    while statuses[-1] != 429:
        statuses.append((await one.post(f"{AUTH}/login", json=form)).status_code)
    looked_at = statuses.count(401)
    if redis_is_up:
        assert looked_at == TRIES.quota
        right = await other.post(f"{AUTH}/login", json={**form, "password": PASSWORD})
        assert right.status_code == 429, "also the right one, from where it was guessed at"
    else:
        assert TRIES.quota <= looked_at <= 2 * TRIES.quota, "each instance counts for itself"
    print(
        f"{len(statuses)} wrong passwords on two instances: {looked_at} looked at, {statuses.count(429)} refused unseen"
    )
