"""What `Follows` promises."""

from uuid import UUID

import pytest

from kernel.db import new_id
from modules.users import Accounts, Follows, NewUser
from tests.users.contracts.conftest import Facade


@pytest.fixture
async def ids(accounts: Accounts) -> list[UUID]:
    """Six people in the order of their ids."""
    return sorted([(await accounts.create(NewUser(email=f"{n}@example.org", name="Bo"))).id for n in range(6)])


@pytest.fixture
async def star(facade: Facade, ids: list[UUID]) -> UUID:
    """Followed by the other five, who came in no order."""
    for follower_id in (ids[3], ids[1], ids[5], ids[2], ids[4]):
        await facade.follow(follower_id, ids[0])
    return ids[0]


async def test_followers_come_in_ascending_order(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(star, after=None, limit=100) == ids[1:]


async def test_a_page_is_no_longer_than_its_limit(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(star, after=None, limit=2) == ids[1:3]


async def test_the_next_page_begins_after_the_last_one(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(star, after=ids[2], limit=2) == ids[3:5]


async def test_a_page_may_begin_after_somebody_who_has_left(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(star, after=star, limit=1) == ids[1:2]


async def test_after_the_last_follower_there_is_none(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(star, after=ids[5], limit=2) == []


async def test_whoever_follows_is_not_followed_for_that(follows: Follows, star: UUID, ids: list[UUID]) -> None:
    assert await follows.follower_ids(ids[1], after=None, limit=2) == []


async def test_nobody_follows_somebody_unknown(follows: Follows, star: UUID) -> None:
    assert await follows.follower_ids(new_id(), after=None, limit=2) == []


async def test_whom_somebody_follows_comes_newest_first(follows: Follows, facade: Facade, ids: list[UUID]) -> None:
    for followee_id in (ids[3], ids[1], ids[5]):
        await facade.follow(ids[0], followee_id)
    await facade.follow(ids[2], ids[4])
    assert await follows.followee_ids(ids[0], limit=100) == [ids[5], ids[1], ids[3]]
    assert await follows.followee_ids(ids[0], limit=2) == [ids[5], ids[1]]
    assert await follows.followee_ids(ids[4], limit=2) == []
