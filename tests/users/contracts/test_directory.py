"""What `Directory` promises. It reads what is committed, so its people are, and are deleted afterwards."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import update

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from kernel.security import Permissions
from modules.users import Caller, Directory, NewUser, User, provide_accounts, provide_directory
from modules.users.models import RoleRow, UserRow
from tests.users.fakes import FakeAccounts, FakeDirectory, FakeUsers

ADA = NewUser(email="ada@example.org", name="Ada", username="ada")
BOB = NewUser(email="bob@example.org", name="Bob", username="bob")
DECLARED = Permissions({"posts:write:any": "Edit.", "users:read:any": "Look."})
"""Of what moderators may do, nobody declares the rest."""


@dataclass(frozen=True)
class World:
    """The directory, two people in it, and what may happen to them."""

    directory: Directory
    ada: User
    bob: User
    change: Callable[..., Awaitable[None]]


@pytest.fixture(params=["real", "fake"])
async def world(request: pytest.FixtureRequest, runtime: Runtime) -> World:
    return await (of_fakes() if request.param == "fake" else as_it_is(runtime))


async def of_fakes() -> World:
    users = FakeUsers()
    accounts = FakeAccounts(users)

    async def change(user: User, *, deletion_requested_at: object = None, **facts: Any) -> None:  # Any: of `User`
        if deletion_requested_at:
            users.leaving.add(user.id)
        users.people[user.id] = msgspec.structs.replace(users.people[user.id], **facts)

    return World(FakeDirectory(users, DECLARED), await accounts.create(ADA), await accounts.create(BOB), change)


async def as_it_is(runtime: Runtime) -> World:
    async with runtime.database.unit_of_work() as uow:
        ada, bob = [await provide_accounts(uow).create(person) for person in (ADA, BOB)]

    async def change(user: User, **columns: Any) -> None:  # Any: of `UserRow`
        async with runtime.database.unit_of_work() as uow:
            await uow.session.execute(update(UserRow).where(UserRow.id == user.id).values(columns))

    return World(provide_directory(runtime.reader, runtime.cache, DECLARED), ada, bob, change)


async def test_everybody_of_a_batch_is_found_by_id_and_nobody_else(world: World) -> None:
    found = await world.directory.find_many({world.ada.id, world.bob.id, new_id()})
    assert found == {world.ada.id: world.ada, world.bob.id: world.bob}
    assert await world.directory.find_many(set()) == {}


async def test_a_username_leads_to_its_holder_and_no_other_does(world: World) -> None:
    assert await world.directory.find_by_username("bob") == world.bob
    for username in ("nobody", "BOB", "bob ", "", "b%", "😀" * 500):
        assert await world.directory.find_by_username(username) is None


async def test_who_is_to_be_embedded_comes_with_a_token_each_or_is_not_to_be_kept(world: World) -> None:
    people, tokens = await world.directory.find_with_tokens({world.ada.id, world.bob.id})
    assert people == {world.ada.id: world.ada, world.bob.id: world.bob}
    assert tokens is None or len(tokens) == 2


async def test_who_has_asked_to_be_erased_is_unknown(world: World) -> None:
    await world.change(world.ada, deletion_requested_at=utc_now())
    assert await world.directory.find_many({world.ada.id, world.bob.id}) == {world.bob.id: world.bob}
    assert await world.directory.find_by_username("ada") is None
    assert (await world.directory.find_with_tokens({world.ada.id}))[0] == {}


def caller(user_id: UUID, *permissions: str, is_active: bool = True, is_superuser: bool = False) -> Caller:
    granted = frozenset(permissions)
    return Caller(id=user_id, is_active=is_active, is_superuser=is_superuser, permissions=granted)


async def test_callers_may_what_their_roles_allow(world: World) -> None:
    await world.change(world.ada, roles=["admin"])
    await world.change(world.bob, roles=["moderator", "one that is gone"])
    assert await world.directory.find_callers({world.ada.id, world.bob.id, new_id()}) == {
        world.ada.id: caller(world.ada.id, "posts:write:any", "users:read:any"),
        world.bob.id: caller(world.bob.id, "posts:write:any"),
    }
    assert await world.directory.find_callers(set()) == {}


@pytest.mark.parametrize("end", [{"is_active": False}, {"deletion_requested_at": datetime(2026, 1, 1, tzinfo=UTC)}])
async def test_who_was_shut_out_or_has_left_is_an_inactive_caller(world: World, end: dict[str, Any]) -> None:
    await world.change(world.ada, **end)
    assert await world.directory.find_callers({world.ada.id}) == {world.ada.id: caller(world.ada.id, is_active=False)}


async def test_superusers_are_known_as_such(world: World) -> None:
    await world.change(world.ada, is_superuser=True)
    assert (await world.directory.find_callers({world.ada.id}))[world.ada.id].is_superuser


async def test_what_roles_of_their_own_allow_adds_up(runtime: Runtime) -> None:
    world = await as_it_is(runtime)
    async with runtime.database.unit_of_work() as uow:
        uow.session.add(RoleRow(name="reader", permissions=["posts:read:any", "users:read:any"]))
        uow.session.add(RoleRow(name="looker", permissions=["users:read:any", "audit:read:any"]))
        uow.session.add(RoleRow(name="writer", permissions=["posts:write:any"]))
    await world.change(world.ada, roles=["reader", "looker"])
    found = await world.directory.find_callers({world.ada.id, world.bob.id})
    assert found[world.ada.id].permissions == {"posts:read:any", "users:read:any", "audit:read:any"}
    assert found[world.bob.id].permissions == frozenset()
