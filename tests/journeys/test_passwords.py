"""Passwords that are forgotten, changed, or set for the first time, with all modules together."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select, update

from kernel.mail.ledger import MailRow
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime
from modules.auth.models import MailTokenRow
from modules.users import AccountOpened
from tests.mails import Read, mails_to
from tests.problems import refusal, violations
from tests.running import PASSWORD, People, Person, bearer, change_user, deliver_everything

FORGOT, RESET = "/api/v1/auth/password/forgot", "/api/v1/auth/password/reset"
CHANGE = "/api/v1/auth/password/change"
ME, REFRESH = "/api/v1/users/me", "/api/v1/auth/refresh"
NEW = "another correct horse"


class Post:
    """The mails of a test, delivered."""

    def __init__(self, runtime: Runtime, mailbox: Path) -> None:
        self._runtime = runtime
        self._mailbox = mailbox

    async def to(self, recipient: str) -> list[Read]:
        await deliver_everything(self._runtime)
        return mails_to(self._mailbox, recipient)


@pytest.fixture
def post(runtime: Runtime, mailbox: Path) -> Post:
    return Post(runtime, mailbox)


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


async def forgotten(client: httpx.AsyncClient, post: Post, person: Person) -> str:
    """The token out of the mail."""
    await client.post(FORGOT, json={"email": person.email})
    return (await post.to(person.email))[-1].token


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await client.post(RESET, json={"token": token, "password": password})


async def test_who_has_forgotten_the_password_chooses_another_one(
    client: httpx.AsyncClient, people: People, post: Post, ada: Person
) -> None:
    token = await forgotten(client, post, ada)
    assert (await reset(client, token)).status_code == 204
    refused = await client.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert refusal(refused) == (401, "invalid_credentials")
    await people.sign_in(ada.email, NEW)
    assert "Your password was changed" in {mail.subject for mail in await post.to(ada.email)}


async def test_a_reset_signs_every_device_out_and_confirms_the_address(
    client: httpx.AsyncClient, people: People, post: Post, ada: Person
) -> None:
    await reset(client, await forgotten(client, post, ada))
    answer = await client.post(REFRESH, json={"refresh_token": ada.tokens["refresh_token"]})
    assert refusal(answer) == (401, "refresh_invalid")
    tokens = await people.sign_in(ada.email, NEW)
    me = await client.get(ME, headers=bearer(tokens["access_token"]))
    assert me.json()["email_verified"] is True


async def test_of_many_uses_of_a_token_at_once_one_is_good(client: httpx.AsyncClient, post: Post, ada: Person) -> None:
    token = await forgotten(client, post, ada)
    answers = await asyncio.gather(*(reset(client, token, f"{NEW} {number}") for number in range(50)))
    assert sorted(answer.status_code for answer in answers) == [204, *[400] * 49]


async def test_a_weak_password_is_refused_and_uses_no_token_up(
    client: httpx.AsyncClient, post: Post, ada: Person
) -> None:
    token = await forgotten(client, post, ada)
    assert violations(await reset(client, token, "1234567890")) == {("/body/password", "too_common")}
    assert violations(await reset(client, token, ada.email)) == {("/body/password", "too_similar")}
    assert (await reset(client, token)).status_code == 204


async def test_a_newer_mail_makes_the_older_link_useless(client: httpx.AsyncClient, post: Post, ada: Person) -> None:
    older, newer = await forgotten(client, post, ada), await forgotten(client, post, ada)
    assert older != newer
    assert refusal(await reset(client, older)) == (400, "invalid_token")
    assert (await reset(client, newer)).status_code == 204


async def test_a_link_is_good_for_half_an_hour(
    client: httpx.AsyncClient, runtime: Runtime, post: Post, ada: Person
) -> None:
    token = await forgotten(client, post, ada)
    async with runtime.database.unit_of_work() as uow:
        row = (await uow.session.scalars(select(MailTokenRow).filter_by(purpose="reset_password"))).one()
        assert 1790 < (row.expires_at - row.created_at).total_seconds() <= 1800
        await uow.session.execute(update(MailTokenRow).values(expires_at=row.created_at))
    assert refusal(await reset(client, token)) == (400, "invalid_token")


async def test_a_link_of_another_kind_sets_no_password(client: httpx.AsyncClient, post: Post, ada: Person) -> None:
    verify = next(mail for mail in await post.to(ada.email) if "token=" in mail.text)
    assert refusal(await reset(client, verify.token)) == (400, "invalid_token")


@pytest.mark.parametrize("path", [FORGOT, "/api/v1/auth/email/verify/resend"])
async def test_asking_for_a_mail_says_nothing_of_who_has_an_account(
    client: httpx.AsyncClient, runtime: Runtime, ada: Person, people: People, path: str
) -> None:
    shut_out, unverified = await people.join("Eve"), await people.join("Bob")
    await change_user(runtime, shut_out, is_active=False)
    await change_user(runtime, ada, email_verified=True)
    unknown = [f"{uuid4().hex}@example.org", "a(b)c@example.org"]
    answers = [
        await client.post(path, json={"email": email})
        for email in (ada.email, shut_out.email, unverified.email, *unknown)
    ]
    own = {"x-request-id", "date", "ratelimit"}
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted((k, v) for k, v in answer.headers.items() if k not in own)) for answer in answers}) == 1


async def test_only_who_can_use_a_mail_gets_one(
    client: httpx.AsyncClient, runtime: Runtime, people: People, ada: Person
) -> None:
    eve = await people.join("Eve")
    await deliver_everything(runtime)
    await change_user(runtime, eve, is_active=False)
    async with runtime.database.unit_of_work() as uow:
        before = set((await uow.session.scalars(select(MailRow.id))).all())
    for email in (ada.email, eve.email, "nobody@example.org", "a(b)c@example.org"):
        assert (await client.post(FORGOT, json={"email": email})).status_code == 202
    await deliver_everything(runtime)
    async with runtime.database.unit_of_work() as uow:
        mails = (await uow.session.scalars(select(MailRow).where(MailRow.id.not_in(before)))).all()
    assert [(mail.kind, mail.recipient) for mail in mails] == [("auth.reset_password", ada.email)]


async def test_no_address_that_somebody_asked_for_lies_in_the_outbox(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    await client.post(FORGOT, json={"email": "secret.person@example.org"})
    async with runtime.database.unit_of_work() as uow:
        payloads = (await uow.session.scalars(select(OutboxRow.payload))).all()
    assert payloads
    assert "secret.person" not in str(payloads)


async def test_changing_the_password_leaves_this_device_alone_signed_in(
    client: httpx.AsyncClient, people: People, post: Post, ada: Person
) -> None:
    other = await people.sign_in(ada.email)
    form = {"current_password": PASSWORD, "new_password": NEW}
    answer = await client.post(CHANGE, json=form, headers=ada.headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    pair = answer.json()
    assert pair["session_id"] == ada.tokens["session_id"]
    assert (await client.post(REFRESH, json={"refresh_token": pair["refresh_token"]})).status_code == 200
    assert refusal(await client.post(REFRESH, json={"refresh_token": other["refresh_token"]}))[0] == 401
    assert "Your password was changed" in {mail.subject for mail in await post.to(ada.email)}


async def test_a_wrong_current_password_changes_nothing(client: httpx.AsyncClient, people: People, ada: Person) -> None:
    form = {"current_password": "not the right one", "new_password": NEW}
    assert refusal(await client.post(CHANGE, json=form, headers=ada.headers)) == (400, "wrong_password")
    await people.sign_in(ada.email)
    log = await client.get("/api/v1/auth/events", headers=ada.headers)
    assert "password_change_failed" in {event["kind"] for event in log.json()["items"]}


async def test_a_weak_new_password_is_named_where_it_stands(client: httpx.AsyncClient, ada: Person) -> None:
    form = {"current_password": PASSWORD, "new_password": "1234567890"}
    answer = await client.post(CHANGE, json=form, headers=ada.headers)
    assert violations(answer) == {("/body/new_password", "too_common")}


async def test_a_common_new_password_is_named_together_with_all_else(client: httpx.AsyncClient, ada: Person) -> None:
    form = {"current_password": "", "new_password": "1234567890"}
    changed = await client.post(CHANGE, json=form, headers=ada.headers)
    assert violations(changed) == {("/body/current_password", "too_short"), ("/body/new_password", "too_common")}
    wrong = {("/body/token", "invalid_type"), ("/body/password", "too_common")}
    assert violations(await client.post(RESET, json={"token": 1, "password": "1234567890"})) == wrong


async def test_whom_an_administrator_made_an_account_sets_a_password_by_mail(
    client: httpx.AsyncClient, runtime: Runtime, people: People, post: Post, ada: Person
) -> None:
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(AccountOpened(user_id=UUID(ada.id)))
    mail = next(mail for mail in await post.to(ada.email) if mail.subject == "An account was created for you")
    assert mail.link.startswith("http://quire.test/reset-password?token=")
    assert (await reset(client, mail.token)).status_code == 204
    await people.sign_in(ada.email, NEW)
