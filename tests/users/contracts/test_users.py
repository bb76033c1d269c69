"""What `Users` promises."""

import pytest

from kernel.db import new_id
from modules.users import Accounts, NewUser, User, Users


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
