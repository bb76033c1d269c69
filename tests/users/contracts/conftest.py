"""The module as others see it, twice: as it is, on the real database, and as the fake that stands in for it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest

from kernel.unit_of_work import UnitOfWork
from modules.users import Accounts, Follows, Users
from modules.users.services import UserService
from tests.users.fakes import FakeAccounts, FakeFollows, FakeUsers


@dataclass(frozen=True)
class Facade:
    """All protocols of the module, over the same people."""

    users: Users
    accounts: Accounts
    follows: Follows
    follow: Callable[[UUID, UUID], Awaitable[None]]
    """How the world comes to be as the test needs it; no part of the protocols."""


def real(uow: UnitOfWork) -> Facade:
    service = UserService(uow)
    return Facade(service, service, service, service.follow)


def fake() -> Facade:
    users, follows = FakeUsers(), FakeFollows()

    async def follow(follower_id: UUID, followee_id: UUID) -> None:
        follows.pairs.add((follower_id, followee_id))

    return Facade(users, FakeAccounts(users), follows, follow)


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
