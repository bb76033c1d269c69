"""What auth holds of a person, and that it can forget all of it."""

from collections.abc import Mapping
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from kernel.module import Module
from kernel.runtime import Runtime
from modules.auth.models import Base, SigningKeyRow
from tests.auth.integration.second_factor import Phone
from tests.running import PASSWORD, People, Person


@pytest.fixture
def module(product: tuple[Module, ...]) -> Module:
    return next(module for module in product if module.name == "auth")


@pytest.fixture
async def ada(http: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody who has something in every table."""
    ada = await people.join("Ada")
    await Phone(monkeypatch).enrol(http, ada)
    form = {"name": "a script", "scopes": []}
    (await http.post("/api/v1/auth/tokens", json=form, headers=ada.headers)).raise_for_status()
    return ada


async def rows(runtime: Runtime) -> dict[str, int]:
    """How many there are, of all tables but the one with what belongs to nobody."""
    tables = [each.class_ for each in Base.registry.mappers if issubclass(each.class_, Base)]
    async with runtime.database.unit_of_work() as uow:
        return {
            table.__tablename__: (await uow.session.execute(select(func.count()).select_from(table))).scalar_one()
            for table in tables
            if table is not SigningKeyRow
        }


async def export(module: Module, runtime: Runtime, person: Person) -> Mapping[str, object]:
    assert module.export is not None
    async with runtime.database.unit_of_work() as uow:
        return await module.export(uow, UUID(person.id))


async def test_all_of_it_can_be_exported_but_what_proves_who_somebody_is(
    module: Module, runtime: Runtime, people: People, ada: Person
) -> None:
    await people.join("Bob")
    held = msgspec.to_builtins(await export(module, runtime, ada))
    assert {name: len(items) for name, items in held.items()} == {
        "password.json": 1,
        "sessions.json": 1,
        "devices.json": 1,
        "security_log.json": 3,
        "second_factor.json": 1,
        "personal_tokens.json": 1,
        "links_in_mails.json": 1,
    }
    assert held["sessions.json"][0]["id"] == ada.tokens["session_id"]
    assert held["links_in_mails.json"][0]["email"] == ada.email
    assert held["personal_tokens.json"][0]["name"] == "a script"
    names = {name for items in held.values() for item in items for name in item}
    assert [name for name in names if "hash" in name or "secret" in name or "fingerprint" in name] == []
    assert PASSWORD not in str(held)


async def test_nothing_is_left_of_who_is_erased_and_all_of_the_others(
    module: Module, runtime: Runtime, people: People, ada: Person
) -> None:
    before = await rows(runtime)
    assert [table for table, count in before.items() if count == 0] == []
    await people.join("Bob")
    assert module.erase is not None
    for _ in range(2):
        async with runtime.database.unit_of_work() as uow:
            await module.erase(uow, UUID(ada.id))
    assert {name: items for name, items in (await export(module, runtime, ada)).items() if items} == {}
    left = {"credentials": 1, "sessions": 1, "devices": 1, "security_events": 1, "mail_tokens": 1}
    assert await rows(runtime) == {**dict.fromkeys(before, 0), **left}
