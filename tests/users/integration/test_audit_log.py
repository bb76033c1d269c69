"""GET ``/users/audit-log``."""

from typing import Any

import httpx
import pytest

from kernel import audit
from kernel.runtime import Runtime
from kernel.security import Principal
from tests.callers import Caller
from tests.users.integration.conftest import Mark
from tests.users.integration.test_lists import walk

LOG = "/api/v1/users/audit-log"


@pytest.fixture
async def log(runtime: Runtime, ada: Caller, bob: Caller) -> None:
    """Three acts, the last of them by the system."""
    async with runtime.database.unit_of_work() as uow:
        me = Principal(id=ada.user.id)
        audit.record(uow, "tests.tried", actor=me, subject_id=bob.user.id, ip="203.0.113.7", facts={"n": [1, "x"]})
        await uow.session.flush()
        audit.record(uow, "tests.done", actor=me, subject_id=None, ip="2001:db8::1")
        await uow.session.flush()
        audit.record(uow, "tests.done", actor=None, subject_id=ada.user.id)


@pytest.mark.usefixtures("log")
async def test_the_log_says_who_did_what_to_whom_from_where(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, bob: Caller
) -> None:
    def shown(person: Caller) -> dict[str, str]:
        return {"id": str(person.user.id), "username": person.user.username, "name": person.user.name}

    items = await walk(http, LOG, admin)
    fields = ("act", "actor", "subject", "ip", "facts")
    assert [tuple(item[field] for field in fields) for item in items] == [
        ("tests.done", None, shown(ada), "", {}),
        ("tests.done", shown(ada), None, "2001:db8::1", {}),
        ("tests.tried", shown(ada), shown(bob), "203.0.113.7", {"n": [1, "x"]}),
    ]
    assert [item["actor_id"] for item in items] == [None, str(ada.user.id), str(ada.user.id)]


@pytest.mark.usefixtures("log")
async def test_who_is_gone_stays_in_the_log_by_id(
    http: httpx.AsyncClient, admin: Caller, bob: Caller, mark: Mark
) -> None:
    await mark(bob, deletion_requested_at=bob.user.created_at)
    (item,) = await walk(http, LOG, admin, act="tests.tried")
    assert (item["subject"], item["subject_id"]) == (None, str(bob.user.id))


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"act": "tests.done"}, 2),
        ({"act": "tests"}, 0),
        ({"actor_id": "ada"}, 2),
        ({"subject_id": "ada"}, 1),
        ({"actor_id": "ada", "act": "tests.tried"}, 1),
        ({"actor_id": "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"}, 0),
        ({"created_from": "2020-01-01T00:00:00Z"}, 3),
        ({"created_to": "2020-01-01T00:00:00Z"}, 0),
    ],
)
async def test_filters_narrow_the_log(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, query: dict[str, Any], count: int
) -> None:
    query = {name: str(ada.user.id) if value == "ada" else value for name, value in query.items()}
    assert len(await walk(http, LOG, admin, **query)) == count
