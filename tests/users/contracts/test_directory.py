"""What `Directory` promises. It reads what is committed, so its people are, and are deleted afterwards."""

import pytest

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.users import Directory, NewUser, User, provide_accounts, provide_directory
from tests.users.fakes import FakeAccounts, FakeDirectory, FakeUsers

ADA = NewUser(email="ada@example.org", name="Ada", username="ada")
BOB = NewUser(email="bob@example.org", name="Bob", username="bob")


@pytest.fixture(params=["real", "fake"])
async def known(request: pytest.FixtureRequest, runtime: Runtime) -> tuple[Directory, User, User]:
    """The directory, and two people in it."""
    if request.param == "fake":
        users = FakeUsers()
        accounts = FakeAccounts(users)
        return FakeDirectory(users), await accounts.create(ADA), await accounts.create(BOB)
    async with runtime.database.unit_of_work() as uow:
        people = [await provide_accounts(uow).create(person) for person in (ADA, BOB)]
    return provide_directory(runtime.reader, runtime.cache), people[0], people[1]


async def test_everybody_of_a_batch_is_found_by_id_and_nobody_else(known: tuple[Directory, User, User]) -> None:
    directory, ada, bob = known
    assert await directory.find_many({ada.id, bob.id, new_id()}) == {ada.id: ada, bob.id: bob}
    assert await directory.find_many(set()) == {}


async def test_a_username_leads_to_its_holder_and_no_other_does(known: tuple[Directory, User, User]) -> None:
    directory, _, bob = known
    assert await directory.find_by_username("bob") == bob
    for username in ("nobody", "BOB", "bob ", "", "b%", "😀" * 500):
        assert await directory.find_by_username(username) is None


async def test_who_is_to_be_embedded_comes_with_a_token_each_or_is_not_to_be_kept(
    known: tuple[Directory, User, User],
) -> None:
    directory, ada, bob = known
    people, tokens = await directory.find_with_tokens({ada.id, bob.id})
    assert people == {ada.id: ada, bob.id: bob}
    assert tokens is None or len(tokens) == 2
