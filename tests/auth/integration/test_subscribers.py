"""What happens to the sessions of people who are shut out, or leave."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from kernel.runtime import Runtime
from kernel.unit_of_work import UnitOfWork
from modules.auth.models import SessionRow
from modules.users import UserDeactivated, UserDeletionRequested
from tests.auth.integration.conftest import disable
from tests.problems import refusal
from tests.running import PASSWORD, People, Person
from tests.users.fakes import FakeUsers

REASONS = [(UserDeactivated, "deactivated"), (UserDeletionRequested, "leaving")]


async def reasons(uow: UnitOfWork, person: Person) -> set[str | None]:
    """Why the sessions of somebody have ended."""
    rows = await uow.session.scalars(select(SessionRow.reason).where(SessionRow.user_id == UUID(person.id)))
    return set(rows)


@pytest.mark.parametrize(("event", "reason"), REASONS)
async def test_all_sessions_end_with_the_act_that_ends_them(
    people: People, runtime: Runtime, ada: Person, event: type[UserDeactivated | UserDeletionRequested], reason: str
) -> None:
    await people.sign_in(ada.email)
    bob = await people.join("Bob")
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(event(user_id=UUID(ada.id)))
        assert await reasons(uow, ada) == {reason}
    async with runtime.database.unit_of_work() as uow:
        assert await reasons(uow, ada) == {reason}
        assert await reasons(uow, bob) == {None}


async def test_what_did_not_happen_ends_no_session(people: People, runtime: Runtime, ada: Person) -> None:
    async def deactivate_and_fail() -> None:
        async with runtime.database.unit_of_work() as uow:
            await uow.publish(UserDeactivated(user_id=UUID(ada.id)))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await deactivate_and_fail()
    async with runtime.database.unit_of_work() as uow:
        assert await reasons(uow, ada) == {None}


async def login(http: httpx.AsyncClient, person: Person, password: str) -> httpx.Response:
    return await http.post("/api/v1/auth/login", json={"email": person.email, "password": password})


async def test_who_comes_back_in_time_stays(http: httpx.AsyncClient, users: FakeUsers, ada: Person) -> None:
    users.leaving.add(UUID(ada.id))
    assert refusal(await login(http, ada, "a wrong password")) == (401, "invalid_credentials")
    assert UUID(ada.id) in users.leaving
    assert (await login(http, ada, PASSWORD)).status_code == 200
    assert UUID(ada.id) not in users.leaving


async def test_who_was_shut_out_while_leaving_cannot_come_back(
    http: httpx.AsyncClient, users: FakeUsers, ada: Person
) -> None:
    users.leaving.add(UUID(ada.id))
    disable(users, ada)
    assert refusal(await login(http, ada, PASSWORD)) == (401, "invalid_credentials")
