"""PUT and DELETE ``/users/{id}/follow``."""

import asyncio
from itertools import permutations
from random import Random

import httpx
import pytest
from sqlalchemy import func, select

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.users.models import FollowRow
from tests.callers import Caller
from tests.problems import refusal
from tests.users.integration.conftest import Join

USERS = "/api/v1/users"


async def counts(http: httpx.AsyncClient, person: Caller) -> tuple[int, int]:
    """How many follow somebody, and how many they follow."""
    profile = (await http.get(f"{USERS}/{person.user.id}")).json()
    return profile["followers_count"], profile["following_count"]


async def follow(http: httpx.AsyncClient, follower: Caller, followee: Caller, method: str = "PUT") -> int:
    """The status of one attempt."""
    answer = await http.request(method, f"{USERS}/{followee.user.id}/follow", headers=follower.headers)
    return answer.status_code


async def test_a_follow_counts_on_both_sides(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    assert await follow(http, bob, ada) == 204
    assert (await counts(http, ada), await counts(http, bob)) == ((1, 0), (0, 1))


async def test_following_twice_is_following_once(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    assert [await follow(http, bob, ada), await follow(http, bob, ada)] == [204, 204]
    assert await counts(http, ada) == (1, 0)


async def test_unfollowing_is_not_counted_any_more(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    await follow(http, bob, ada)
    assert await follow(http, bob, ada, "DELETE") == 204
    assert (await counts(http, ada), await counts(http, bob)) == ((0, 0), (0, 0))


async def test_unfollowing_whom_one_does_not_follow_is_fine(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    await follow(http, ada, bob)
    assert [await follow(http, bob, ada, "DELETE") for _ in range(2)] == [204, 204]
    assert (await counts(http, ada), await counts(http, bob)) == ((0, 1), (1, 0))


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nobody_follows_themselves(http: httpx.AsyncClient, ada: Caller, method: str) -> None:
    answer = await http.request(method, f"{USERS}/{ada.user.id}/follow", headers=ada.headers)
    assert refusal(answer) == (409, "cannot_follow_yourself")
    assert await counts(http, ada) == (0, 0)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_nobody_follows_somebody_unknown(http: httpx.AsyncClient, ada: Caller, method: str) -> None:
    answer = await http.request(method, f"{USERS}/{new_id()}/follow", headers=ada.headers)
    assert refusal(answer) == (404, "not_found")
    assert await counts(http, ada) == (0, 0)


async def test_being_followed_is_no_edit(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    before = await http.get(f"{USERS}/me", headers=ada.headers)
    await follow(http, bob, ada)
    after = await http.get(f"{USERS}/me", headers=ada.headers)
    assert (after.headers["ETag"], after.content) == (before.headers["ETag"], before.content)


async def test_counts_are_exact_when_everybody_follows_everybody_at_once(http: httpx.AsyncClient, join: Join) -> None:
    people = [await join("Bo") for _ in range(11)]
    statuses = await asyncio.gather(*(follow(http, *pair) for pair in permutations(people, 2)))
    assert set(statuses) == {204}
    assert {await counts(http, person) for person in people} == {(10, 10)}


async def test_counts_equal_rows_after_a_storm_of_mutual_follows_and_unfollows(
    http: httpx.AsyncClient, join: Join, runtime: Runtime
) -> None:
    people = [await join("Bo") for _ in range(3)]
    storm = [(*pair, method) for pair in permutations(people, 2) for method in ("PUT", "DELETE")] * 10
    Random(7).shuffle(storm)
    assert set(await asyncio.gather(*(follow(http, *act) for act in storm))) == {204}
    async with runtime.database.unit_of_work() as uow:
        for person in people:
            one_sided = [
                await uow.session.scalar(select(func.count()).where(column == person.user.id))
                for column in (FollowRow.followee_id, FollowRow.follower_id)
            ]
            assert await counts(http, person) == tuple(one_sided)


async def test_counts_equal_rows_after_a_hundred_follows_and_unfollows_at_once(
    http: httpx.AsyncClient, join: Join, ada: Caller, runtime: Runtime
) -> None:
    people = [await join("Bo") for _ in range(100)]
    assert set(await asyncio.gather(*(follow(http, person, ada) for person in people))) == {204}
    assert await counts(http, ada) == (100, 0)
    acts = [(person, ada, "DELETE" if place % 2 else "PUT") for place, person in enumerate(people)]
    assert set(await asyncio.gather(*(follow(http, *act) for act in acts))) == {204}
    async with runtime.database.unit_of_work() as uow:
        rows = await uow.session.scalar(select(func.count()).where(FollowRow.followee_id == ada.user.id))
    assert (rows, await counts(http, ada)) == (50, (50, 0))
