"""POST ``/users/me/export`` and GET ``/users/me/exports/{id}``."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from modules.users.models import ExportChunkRow, ExportRow
from modules.users.services import archive as packing
from modules.users.settings import UsersSettings
from modules.users.tasks import schedule
from tests.callers import Caller
from tests.problems import refusal
from tests.running import context_of, deliver_everything

EXPORTS = "/api/v1/users/me/exports"
forget_old_exports = schedule(UsersSettings())[1].function


async def ask(http: httpx.AsyncClient, person: Caller, **headers: str) -> dict[str, Any]:  # Any: JSON
    answer = await http.post("/api/v1/users/me/export", headers={**person.headers, **headers})
    assert answer.status_code == 202, answer.text
    export: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"{EXPORTS}/{export['id']}"
    return export


async def made(http: httpx.AsyncClient, person: Caller, runtime: Runtime) -> dict[str, Any]:
    """An export that is ready."""
    export = await ask(http, person)
    await deliver_everything(runtime)
    ready: dict[str, Any] = (await http.get(f"{EXPORTS}/{export['id']}", headers=person.headers)).json()
    assert ready["state"] == "ready"
    return ready


async def test_an_export_is_made_in_the_background_and_downloaded(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, runtime: Runtime
) -> None:
    await http.put(f"/api/v1/users/{bob.user.id}/follow", headers=ada.headers)
    export = await ask(http, ada)
    assert (export["state"], export["download_url"], export["expires_at"]) == ("pending", None, None)
    shown = await http.get(f"{EXPORTS}/{export['id']}", headers=ada.headers)
    assert shown.json() == export
    assert refusal(await http.get(f"{EXPORTS}/{export['id']}/archive", headers=ada.headers)) == (404, "not_found")
    await deliver_everything(runtime)
    ready = (await http.get(f"{EXPORTS}/{export['id']}", headers=ada.headers)).json()
    answer = await http.get(ready["download_url"], headers=ada.headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert (int(answer.headers["content-length"]), answer.headers["cache-control"]) == (ready["size"], "no-store")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        read = {name: json.loads(file.read(name)) for name in file.namelist()}
    assert read["users/profile.json"]["email"] == ada.user.email
    assert [each["user_id"] for each in read["users/following.json"]] == [str(bob.user.id)]
    assert {"kernel/mails.json", "kernel/audit_log.json"} <= read.keys()


async def test_a_large_archive_is_kept_and_sent_in_pieces(
    http: httpx.AsyncClient, ada: Caller, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "CHUNK", 100)
    export = await made(http, ada, runtime)
    async with runtime.database.unit_of_work() as uow:
        assert (await uow.session.scalar(select(func.count()).select_from(ExportChunkRow)) or 0) > 3
    answer = await http.get(export["download_url"], headers=ada.headers)
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None


async def test_an_export_is_its_owner_s_alone(
    http: httpx.AsyncClient, ada: Caller, root: Caller, runtime: Runtime
) -> None:
    export = await made(http, ada, runtime)
    for path in (f"{EXPORTS}/{export['id']}", export["download_url"], f"{EXPORTS}/{new_id()}"):
        assert refusal(await http.get(path, headers=root.headers)) == (404, "not_found")


async def test_asking_twice_at_once_is_asking_once(http: httpx.AsyncClient, ada: Caller, runtime: Runtime) -> None:
    exports = await asyncio.gather(*(ask(http, ada) for _ in range(10)))
    assert len({export["id"] for export in exports}) == 1


async def test_the_same_key_gets_the_same_answer(http: httpx.AsyncClient, ada: Caller, runtime: Runtime) -> None:
    first = await ask(http, ada, **{"Idempotency-Key": "one"})
    await deliver_everything(runtime)
    assert await ask(http, ada, **{"Idempotency-Key": "one"}) == first
    assert (await ask(http, ada))["id"] != first["id"]


async def test_the_newest_export_replaces_those_before(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, runtime: Runtime
) -> None:
    other = await made(http, bob, runtime)
    first = await made(http, ada, runtime)
    second = await made(http, ada, runtime)
    assert (await http.get(f"{EXPORTS}/{first['id']}", headers=ada.headers)).status_code == 404
    assert (await http.get(second["download_url"], headers=ada.headers)).status_code == 200
    assert (await http.get(other["download_url"], headers=bob.headers)).status_code == 200


@pytest.mark.parametrize(("days", "there"), [(6.99, True), (7.01, False)])
async def test_an_archive_is_there_for_a_week(
    http: httpx.AsyncClient, ada: Caller, runtime: Runtime, days: float, there: bool
) -> None:
    export = await made(http, ada, runtime)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(ExportRow).values(ready_at=utc_now() - timedelta(days=days)))
    assert (await http.get(export["download_url"], headers=ada.headers)).is_success is there
    await forget_old_exports(context_of(runtime))
    async with runtime.database.unit_of_work() as uow:
        assert bool(await uow.session.scalar(select(func.count()).select_from(ExportChunkRow))) is there


async def test_a_wish_that_cannot_be_fulfilled_is_not_in_the_way_for_ever(
    http: httpx.AsyncClient, ada: Caller, runtime: Runtime
) -> None:
    first = await ask(http, ada)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(ExportRow).values(created_at=utc_now() - timedelta(days=1, seconds=1)))
    await forget_old_exports(context_of(runtime))
    assert (await ask(http, ada))["id"] != first["id"]
