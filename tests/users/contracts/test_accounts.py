"""What `Accounts` promises."""

import msgspec
import pytest

from kernel.db import new_id, utc_now
from kernel.errors import NotFound, ValidationFailed
from modules.users import Accounts, EmailTaken, NewUser, User, UsernameTaken, Users
from tests.users.contracts.conftest import Facade

ADA = NewUser(email="Ada@Example.org", name="Ada 👩🏽‍🔬", username="ada")


async def test_a_new_account_is_what_was_asked_for_and_nothing_more(accounts: Accounts) -> None:
    before = utc_now()
    user = await accounts.create(ADA)
    assert before <= user.created_at == user.updated_at <= utc_now()
    assert msgspec.structs.replace(user, id=user.id, created_at=before, updated_at=before) == User(
        id=user.id,
        email="Ada@Example.org",
        username="ada",
        name="Ada 👩🏽‍🔬",
        bio="",
        is_active=True,
        is_superuser=False,
        email_verified=False,
        roles=[],
        created_at=before,
        updated_at=before,
    )


async def test_a_superuser_can_be_made_and_an_address_be_known_to_be_theirs(accounts: Accounts) -> None:
    user = await accounts.create(msgspec.structs.replace(ADA, is_superuser=True, email_verified=True))
    assert (user.is_superuser, user.email_verified) == (True, True)


async def test_a_new_account_is_seen_at_once(accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    assert await users.find_many({ada.id}) == {ada.id: ada}


@pytest.mark.parametrize("spelling", ["Ada@Example.org", "ada@example.org", "ADA@EXAMPLE.ORG", "a\uff44a@example.org"])
async def test_an_account_is_found_however_its_address_is_spelled(accounts: Accounts, spelling: str) -> None:
    ada = await accounts.create(ADA)
    assert await accounts.find_by_email(spelling) == ada


@pytest.mark.parametrize("spelling", ["Ada@Example.org", "ada@example.org", "a\uff44a@example.org"])
async def test_no_second_account_has_the_same_address(accounts: Accounts, spelling: str) -> None:
    await accounts.create(ADA)
    with pytest.raises(EmailTaken):
        await accounts.create(NewUser(email=spelling, name="Eve"))


async def test_no_second_account_has_the_same_username(accounts: Accounts) -> None:
    await accounts.create(ADA)
    with pytest.raises(UsernameTaken):
        await accounts.create(NewUser(email="eve@example.org", name="Eve", username="ada"))


async def test_where_both_are_taken_the_address_is_named(accounts: Accounts) -> None:
    await accounts.create(ADA)
    with pytest.raises(EmailTaken):
        await accounts.create(ADA)


async def test_a_refused_account_spoils_nothing_of_its_caller_s_work(accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    with pytest.raises(EmailTaken):
        await accounts.create(ADA)
    assert await users.find_many({ada.id}) == {ada.id: ada}


async def test_people_of_the_same_name_get_usernames_of_their_own(accounts: Accounts) -> None:
    people = [await accounts.create(NewUser(email=f"{n}@example.org", name="Bo")) for n in range(20)]
    assert people[0].username == "bo_"
    assert len({person.username for person in people}) == 20


async def test_an_impossible_address_is_refused(accounts: Accounts) -> None:
    with pytest.raises(ValidationFailed):
        await accounts.create(NewUser(email="ada@-.org", name="Ada"))


async def test_an_unknown_address_is_nobody_s(accounts: Accounts) -> None:
    assert await accounts.find_by_email("nobody@example.org") is None


async def test_an_address_can_be_confirmed_twice(accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    assert await accounts.verify_email(ada.id, ada.email)
    assert await accounts.verify_email(ada.id, ada.email)
    assert (await users.find_many({ada.id}))[ada.id].email_verified


async def test_an_address_that_is_not_theirs_is_not_confirmed(accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    assert not await accounts.verify_email(ada.id, "old@example.org")
    assert not (await users.find_many({ada.id}))[ada.id].email_verified


async def test_nobody_s_address_is_not_confirmed(accounts: Accounts) -> None:
    assert not await accounts.verify_email(new_id(), "ada@example.org")


async def test_who_has_asked_to_be_erased_is_known_by_their_address_alone(
    facade: Facade, accounts: Accounts, users: Users
) -> None:
    ada = await accounts.create(ADA)
    await facade.leave(ada.id)
    found = await accounts.find_by_email(ada.email)
    assert found is not None
    assert (found.id, found.is_active) == (ada.id, False)
    assert (await users.find_many({ada.id}), await users.find_by_username("ada")) == ({}, None)
    with pytest.raises(EmailTaken):
        await accounts.create(ADA)


async def test_who_has_asked_to_be_erased_can_take_it_back(facade: Facade, accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    await facade.leave(ada.id)
    restored = await accounts.restore(ada.id)
    assert restored is not None
    assert (restored.id, restored.is_active) == (ada.id, True)
    assert await users.find_many({ada.id}) == {ada.id: restored}


async def test_who_may_sign_in_is_known_as_they_are(facade: Facade, accounts: Accounts) -> None:
    ada = await accounts.create(ADA)
    assert await accounts.hold(ada.id) == ada
    await facade.leave(ada.id)
    leaving = await accounts.hold(ada.id)
    assert leaving is not None
    assert (leaving.id, leaving.is_active) == (ada.id, False)
    await facade.shut_out(ada.id)
    assert await accounts.hold(ada.id) is None
    assert await accounts.hold(new_id()) is None


async def test_there_is_nothing_to_take_back_without_a_deletion(accounts: Accounts) -> None:
    ada = await accounts.create(ADA)
    assert await accounts.restore(ada.id) is None
    assert await accounts.restore(new_id()) is None


async def test_who_was_shut_out_does_not_come_back_by_themselves(facade: Facade, accounts: Accounts) -> None:
    ada = await accounts.create(ADA)
    await facade.shut_out(ada.id)
    assert await accounts.restore(ada.id) is None
    await facade.leave(ada.id)
    assert await accounts.restore(ada.id) is None


async def test_another_address_is_theirs_and_confirmed(accounts: Accounts, users: Users) -> None:
    ada = await accounts.create(ADA)
    changed = await accounts.change_email(ada.id, "countess@example.org")
    assert (changed.email, changed.email_verified) == ("countess@example.org", True)
    assert await accounts.find_by_email("COUNTESS@example.org") == (await users.find_many({ada.id}))[ada.id]
    assert await accounts.find_by_email(ADA.email) is None


async def test_an_address_of_somebody_else_is_not_taken_over(accounts: Accounts) -> None:
    ada = await accounts.create(ADA)
    bob = await accounts.create(msgspec.structs.replace(ADA, email="bob@example.org", username="bob"))
    with pytest.raises(EmailTaken):
        await accounts.change_email(bob.id, "ADA@example.org")
    assert await accounts.find_by_email(ADA.email) == ada


async def test_nobody_has_no_address_to_change(accounts: Accounts) -> None:
    with pytest.raises(NotFound):
        await accounts.change_email(new_id(), "new@example.org")
