"""What `Users` promises."""

import pytest

from kernel.db import new_id
from modules.users import Accounts, NewUser, User, Users
from tests.users.contracts.conftest import Facade


@pytest.fixture
async def ada(accounts: Accounts) -> User:
    return await accounts.create(NewUser(email="ada@example.org", name="Ada", username="ada"))


@pytest.fixture
async def bob(accounts: Accounts) -> User:
    return await accounts.create(NewUser(email="bob@example.org", name="Bob", username="bob"))


async def test_everybody_of_a_batch_is_found_by_id(users: Users, ada: User, bob: User) -> None:
    assert await users.find_many({ada.id, bob.id}) == {ada.id: ada, bob.id: bob}


async def test_unknown_ids_are_absent_from_a_batch(users: Users, ada: User) -> None:
    assert await users.find_many({ada.id, new_id()}) == {ada.id: ada}


async def test_an_empty_batch_finds_nobody(users: Users, ada: User) -> None:
    assert await users.find_many(set()) == {}


async def test_a_username_leads_to_its_holder(users: Users, ada: User, bob: User) -> None:
    assert await users.find_by_username("bob") == bob


@pytest.mark.parametrize("username", ["nobody", "ADA", "ada ", "", "a%", "😀" * 500])
async def test_any_other_username_leads_to_nobody(users: Users, ada: User, username: str) -> None:
    assert await users.find_by_username(username) is None


async def test_a_superuser_who_is_gone_is_none(facade: Facade, users: Users, accounts: Accounts, ada: User) -> None:
    assert not await users.has_superuser()
    for name, go in (("Root", facade.shut_out), ("Toor", facade.leave)):
        newcomer = NewUser(email=f"{name}@example.org", name=name, is_superuser=True)
        superuser = await accounts.create(newcomer)
        assert await users.has_superuser()
        await go(superuser.id)
        assert not await users.has_superuser()
