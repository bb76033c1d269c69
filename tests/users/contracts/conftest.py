"""The module as others see it, twice: as it is, on the real database, and as the fake that stands in for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import update

from kernel.db import utc_now
from kernel.unit_of_work import UnitOfWork
from modules.users import Accounts, Follows, Users
from modules.users.models import UserRow
from modules.users.services import FollowService, UserService
from tests.users.fakes import FakeAccounts, FakeFollows, FakeUsers


@dataclass(frozen=True)
class Facade:
    """All protocols of the module, over the same people."""

    users: Users
    accounts: Accounts
    follows: Follows
    follow: Callable[[UUID, UUID], Awaitable[None]]
    """How the world comes to be as the test needs it; no part of the protocols."""
    leave: Callable[[UUID], Awaitable[None]]
    """Ask to be erased."""
    shut_out: Callable[[UUID], Awaitable[None]]
    """Be deactivated by an administrator."""


def real(uow: UnitOfWork) -> Facade:
    service, follows = UserService(uow), FollowService(uow)

    async def mark(user_id: UUID, **columns: Any) -> None:  # Any: of `UserRow`
        await uow.session.execute(
            update(UserRow).where(UserRow.id == user_id).values(columns).execution_options(synchronize_session="fetch")
        )

    return Facade(
        service,
        service,
        follows,
        follows.follow,
        leave=lambda user_id: mark(user_id, deletion_requested_at=utc_now()),
        shut_out=lambda user_id: mark(user_id, is_active=False),
    )


def fake() -> Facade:
    users, follows = FakeUsers(), FakeFollows()

    async def follow(follower_id: UUID, followee_id: UUID) -> None:
        follows.pairs[follower_id, followee_id] = None

    async def leave(user_id: UUID) -> None:
        users.leaving.add(user_id)

    async def shut_out(user_id: UUID) -> None:
        users.people[user_id] = msgspec.structs.replace(users.people[user_id], is_active=False)

    return Facade(users, FakeAccounts(users), follows, follow, leave, shut_out)


@pytest.fixture(params=["real", "fake"])
def facade(request: pytest.FixtureRequest) -> Facade:
    return real(request.getfixturevalue("uow")) if request.param == "real" else fake()


@pytest.fixture
def users(facade: Facade) -> Users:
    return facade.users


@pytest.fixture
def accounts(facade: Facade) -> Accounts:
    return facade.accounts


@pytest.fixture
def follows(facade: Facade) -> Follows:
    return facade.follows
