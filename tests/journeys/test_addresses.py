"""Another e-mail address, with all modules together."""

from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from app.registry import modules
from kernel.application import create_app
from kernel.db import utc_now
from kernel.runtime import Runtime
from kernel.security import RECENTLY
from kernel.settings import KernelSettings, SettingsError
from modules.auth.models import SessionRow
from tests.mails import mails_to
from tests.problems import refusal, violations
from tests.running import PASSWORD, People, Person, deliver_everything, running

CHANGE, CONFIRM = "/api/v1/auth/email/change", "/api/v1/auth/email/change/confirm"
REGISTER = "/api/v1/auth/register"


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


@pytest.fixture
def new() -> str:
    return f"new.{uuid4().hex}@example.org"


async def ask(client: httpx.AsyncClient, person: Person, address: str) -> httpx.Response:
    return await client.post(CHANGE, json={"new_email": address}, headers=person.headers)


async def test_the_new_address_confirms_and_the_old_one_is_told(
    client: httpx.AsyncClient,
    people: People,
    runtime: Runtime,
    mailbox: Path,
    ada: Person,
    new: str,
) -> None:
    assert (await ask(client, ada, new)).status_code == 202
    await deliver_everything(runtime)
    me = (await client.get("/api/v1/users/me", headers=ada.headers)).json()
    assert me["email"] == ada.email
    [mail] = mails_to(mailbox, new)
    assert mail.link.startswith("http://quire.test/confirm-email?token=")
    assert (await client.post(CONFIRM, json={"token": mail.token})).status_code == 204
    me = (await client.get("/api/v1/users/me", headers=ada.headers)).json()
    assert (me["email"], me["email_verified"]) == (new, True)
    assert refusal(await client.post(CONFIRM, json={"token": mail.token})) == (400, "invalid_token")
    await deliver_everything(runtime)
    assert "Your e-mail address was changed" in {told.subject for told in mails_to(mailbox, ada.email)}
    await people.sign_in(new)


async def test_links_to_the_old_address_are_good_for_nothing(
    client: httpx.AsyncClient, runtime: Runtime, mailbox: Path, ada: Person, new: str
) -> None:
    await client.post("/api/v1/auth/password/forgot", json={"email": ada.email})
    await ask(client, ada, new)
    await deliver_everything(runtime)
    await client.post(CONFIRM, json={"token": mails_to(mailbox, new)[-1].token})
    forgotten = next(mail for mail in mails_to(mailbox, ada.email) if "reset-password" in mail.text)
    form = {"token": forgotten.token, "password": "another correct horse"}
    assert refusal(await client.post("/api/v1/auth/password/reset", json=form)) == (400, "invalid_token")


async def test_an_address_of_somebody_else_gets_no_mail_and_the_same_answer(
    client: httpx.AsyncClient, people: People, runtime: Runtime, mailbox: Path, ada: Person
) -> None:
    bob = await people.join("Bob")
    answers = [await ask(client, ada, address) for address in (bob.email, f"{uuid4().hex}@example.org")]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, answers[0].content)] * 2
    await deliver_everything(runtime)
    assert [mail for mail in mails_to(mailbox, bob.email) if "confirm-email" in mail.text] == []


async def test_who_was_quicker_keeps_the_address(
    client: httpx.AsyncClient,
    people: People,
    runtime: Runtime,
    mailbox: Path,
    ada: Person,
    new: str,
) -> None:
    await ask(client, ada, new)
    await deliver_everything(runtime)
    [mail] = mails_to(mailbox, new)
    await people.join("Quick", email=new.upper())
    assert refusal(await client.post(CONFIRM, json={"token": mail.token})) == (409, "email_taken")


async def test_it_needs_a_fresh_sign_in(client: httpx.AsyncClient, runtime: Runtime, ada: Person, new: str) -> None:
    async with runtime.database.unit_of_work() as uow:
        old = utc_now() - 2 * RECENTLY
        await uow.session.execute(update(SessionRow).where(SessionRow.user_id == UUID(ada.id)).values(auth_time=old))
    assert refusal(await ask(client, ada, new)) == (403, "reauthentication_required")


async def test_what_can_be_nobody_s_address_is_refused_at_once(client: httpx.AsyncClient, ada: Person) -> None:
    assert violations(await ask(client, ada, "a(b)c@example.org")) == {("/body/new_email", "invalid_format")}


async def test_where_accounts_are_hidden_sign_up_says_nothing_and_the_owner_hears(
    runtime: Runtime, settings: KernelSettings, env: dict[str, str], mailbox: Path, ada: Person, new: str
) -> None:
    hidden = modules(settings, {**env, "QUIRE_AUTH_HIDE_EXISTING_ACCOUNTS": "true"})
    async with running(create_app(settings, hidden)) as client:
        form = {"password": PASSWORD, "name": "Ada"}
        answers = [await client.post(REGISTER, json={**form, "email": email}) for email in (ada.email, new)]
        taken = [
            await client.post(REGISTER, json={**form, "email": email, "username": ada.username})
            for email in (ada.email, f"{uuid4().hex}@example.org")
        ]
        login = await client.post("/api/v1/auth/login", json={"email": new, "password": PASSWORD})
    assert {(answer.status_code, answer.content) for answer in answers} == {(202, b'{"status":"accepted"}')}
    assert {refusal(answer) for answer in taken} == {(409, "username_taken")}
    assert login.status_code == 200
    await deliver_everything(runtime)
    assert "You already have an account" in {mail.subject for mail in mails_to(mailbox, ada.email)}


def test_a_setting_that_is_no_yes_or_no_is_named(settings: KernelSettings, env: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="QUIRE_AUTH_HIDE_EXISTING_ACCOUNTS"):
        modules(settings, {**env, "QUIRE_AUTH_HIDE_EXISTING_ACCOUNTS": "maybe"})
