"""All that is known of somebody, for themselves; and nothing of it once they are erased."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.embedded import Postgres
from kernel.db import utc_now
from kernel.module import Module
from kernel.runtime import Runtime
from modules.users.services import DeletionService
from modules.users.settings import UsersSettings
from tests.running import PASSWORD, People, Person, bearer, change_user, deliver_everything, eventually

NAME, EMAIL, USERNAME = "Philippa Zwiebelturm", "philippa.zwiebelturm@example.org", "zwiebelturm"
DRAFT, PUBLISHED = "quixotic-draft-text", "quixotic-public-text"


@pytest.fixture
async def ada(client: httpx.AsyncClient, people: People, runtime: Runtime) -> Person:
    """Somebody with something in every module. (What they have published may stay, whatever they say in there.)"""
    ada, bob = await people.join(NAME, email=EMAIL, username=USERNAME), await people.join("Bob")
    for status, title, body in (("draft", f"By {NAME}", DRAFT), ("published", "Public", PUBLISHED)):
        form = {"title": title, "body": body, "status": status}
        answer = await client.post("/api/v1/posts", json=form, headers={**ada.headers, "Idempotency-Key": status})
        assert answer.status_code == 201
        changed = {"title": f"{title} again"}
        await client.patch(f"/api/v1/posts/{answer.json()['id']}", json=changed, headers=ada.headers)
    await client.patch("/api/v1/users/me", json={"bio": f"I am {NAME}."}, headers=ada.headers)
    program = {"name": f"A script of {NAME}", "scopes": []}
    made = await client.post("/api/v1/auth/tokens", json=program, headers={**ada.headers, "Idempotency-Key": "program"})
    assert made.status_code == 201
    for one, other in ((ada, bob), (bob, ada)):
        await client.put(f"/api/v1/users/{other.id}/follow", headers=one.headers)
    await deliver_everything(runtime)
    return ada


async def archive(client: httpx.AsyncClient, who: Person, runtime: Runtime) -> dict[str, Any]:
    """What is in the ZIP, by file."""
    asked = await client.post("/api/v1/users/me/export", headers=who.headers)
    await deliver_everything(runtime)
    export = await client.get(asked.headers["Location"], headers=who.headers)
    answer = await client.get(export.json()["download_url"], headers=who.headers)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        return {name: json.loads(file.read(name)) for name in file.namelist()}


async def test_an_export_holds_what_somebody_has_in_every_module(
    client: httpx.AsyncClient, ada: Person, runtime: Runtime, product: tuple[Module, ...]
) -> None:
    files = await archive(client, ada, runtime)
    contributing = {module.name for module in product if module.export} | {"kernel"}
    assert {name.partition("/")[0] for name in files} == contributing >= {"users", "auth", "posts", "notifications"}
    assert (files["users/profile.json"]["email"], files["users/profile.json"]["name"]) == (EMAIL, NAME)
    assert [token["name"] for token in files["auth/personal_tokens.json"]] == [f"A script of {NAME}"]
    assert {post["body"] for post in files["posts/posts.json"]} == {DRAFT, PUBLISHED}
    assert {mail["recipient"] for mail in files["kernel/mails.json"]} == {EMAIL}
    assert {each["type"] for each in files["notifications/notifications.json"]} >= {"welcome", "new_follower"}
    assert [act["act"] for act in files["kernel/audit_log.json"]] == ["users.export_requested"]


async def dump(database_url: str, tmp_path: Path) -> str:
    """Every byte of the database, as text."""
    binary = Postgres(tmp_path)._binary("pg_dump")
    command = await asyncio.create_subprocess_exec(binary, "--dbname", database_url, stdout=asyncio.subprocess.PIPE)
    text, _ = await command.communicate()
    assert command.returncode == 0
    return text.decode()


async def test_nothing_of_somebody_is_left_once_they_are_erased(
    client: httpx.AsyncClient,
    ada: Person,
    runtime: Runtime,
    database_url: str,
    tmp_path: Path,
) -> None:
    await archive(client, ada, runtime)
    traces = {text: [text, text.encode().hex()] for text in (NAME, EMAIL, USERNAME, DRAFT)}
    before = await dump(database_url, tmp_path)
    assert all(any(form in before for form in forms) for forms in traces.values())
    assert (await client.delete("/api/v1/users/me", headers=ada.headers)).status_code == 202
    await deliver_everything(runtime)
    long_ago = utc_now() - timedelta(days=31)
    await change_user(runtime, ada, deletion_requested_at=long_ago)
    for erased in (True, False):
        async with runtime.database.unit_of_work() as uow:
            assert await DeletionService(uow, UsersSettings()).carry_out(UUID(ada.id)) is erased
    await deliver_everything(runtime)
    after = (await dump(database_url, tmp_path)).lower()
    assert [text for text, forms in traces.items() if any(form.lower() in after for form in forms)] == []


async def test_a_sign_in_takes_a_wish_to_leave_back(client: httpx.AsyncClient, ada: Person, people: People) -> None:
    assert (await client.delete("/api/v1/users/me", headers=ada.headers)).status_code == 202
    assert (await client.get("/api/v1/users/me", headers=ada.headers)).status_code == 401
    assert (await client.get(f"/api/v1/users/by-username/{USERNAME}")).status_code == 404
    tokens = await people.sign_in(EMAIL, PASSWORD)
    headers = bearer(tokens["access_token"])
    assert (await client.get("/api/v1/users/me", headers=headers)).json()["is_active"] is True
    assert (await client.get(f"/api/v1/users/by-username/{USERNAME}")).status_code == 200

    async def the_old_session_is_over() -> bool:
        return (await client.get("/api/v1/users/me", headers=ada.headers)).status_code == 401

    await eventually(the_old_session_is_over, 1)
