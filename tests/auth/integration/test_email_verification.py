"""POST ``/auth/email/verify``."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import select

from kernel.db import new_id, utc_now
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.vault import Vault
from modules.auth.models import MailTokenRow
from modules.auth.repositories import MailTokenRepository
from modules.auth.tokens import MailTokens
from tests.auth.integration.conftest import alter
from tests.problems import refusal, violations
from tests.running import Person
from tests.users.fakes import FakeUsers

VERIFY = "/api/v1/auth/email/verify"


@pytest.fixture
async def mail_id(runtime: Runtime, ada: Person) -> UUID:
    """The mail that Ada got for signing up."""
    async with runtime.database.unit_of_work() as uow:
        return (await uow.session.scalars(select(MailRow.id).where(MailRow.recipient == ada.email))).one()


@pytest.fixture
def token(settings: KernelSettings, mail_id: UUID) -> str:
    """The one in its link."""
    return MailTokens(Vault(settings.secret_keys)).issue(mail_id, "verify_email")


async def verify(http: httpx.AsyncClient, token: object) -> httpx.Response:
    return await http.post(VERIFY, json={"token": token})


def verified(users: FakeUsers, person: Person) -> bool:
    return users.people[UUID(person.id)].email_verified


async def test_the_token_confirms_the_address(
    http: httpx.AsyncClient, users: FakeUsers, ada: Person, token: str
) -> None:
    answer = await verify(http, token)
    assert (answer.status_code, answer.content, verified(users, ada)) == (204, b"", True)


async def test_a_token_is_good_once(http: httpx.AsyncClient, token: str) -> None:
    await verify(http, token)
    assert refusal(await verify(http, token)) == (400, "invalid_token")


async def test_of_many_uses_at_once_one_is_good(http: httpx.AsyncClient, token: str) -> None:
    answers = await asyncio.gather(*(verify(http, token) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [204, *[400] * 49]


async def test_a_token_is_good_for_a_day(
    http: httpx.AsyncClient, runtime: Runtime, users: FakeUsers, ada: Person, mail_id: UUID, token: str
) -> None:
    async with runtime.database.unit_of_work() as uow:
        expires_at = await uow.session.scalar(select(MailTokenRow.expires_at))
    assert expires_at is not None
    assert timedelta(hours=23) < expires_at - utc_now() <= timedelta(days=1)
    await alter(runtime, MailTokenRow, str(mail_id), expires_at=utc_now())
    assert refusal(await verify(http, token)) == (400, "invalid_token")
    assert not verified(users, ada)


async def test_a_newer_mail_makes_the_older_link_useless(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person, token: str
) -> None:
    async with runtime.database.unit_of_work() as uow:
        await MailTokenRepository(session=uow.session).retire(UUID(ada.id), "verify_email")
    assert refusal(await verify(http, token)) == (400, "invalid_token")


async def test_the_link_to_an_address_of_before_is_useless(
    http: httpx.AsyncClient, users: FakeUsers, ada: Person, token: str
) -> None:
    user = users.people[UUID(ada.id)]
    users.people[user.id] = msgspec.structs.replace(user, email="new@example.org")
    assert refusal(await verify(http, token)) == (400, "invalid_token")
    assert not verified(users, ada)


async def test_a_forged_token_is_refused_and_spoils_nothing(
    http: httpx.AsyncClient, settings: KernelSettings, mail_id: UUID, token: str
) -> None:
    ours, foreign = Vault(settings.secret_keys), Vault(["a key of another installation: 0123456789"])
    mac = token.partition(".")[2]
    forged = [
        MailTokens(foreign).issue(mail_id, "verify_email"),
        MailTokens(ours).issue(mail_id, "reset_password"),
        MailTokens(ours).issue(new_id(), "verify_email"),
        f"{new_id()}.{mac}",
        f"{mail_id}.{'A' * 43}",
        f"{mail_id}.",
        str(mail_id),
        f"{token}.",
        f"{token}=",
        f"{token}\n",
        f" {token}",
        token.upper(),
        f"{mail_id.hex}.{mac}",
        "",
        "x" * 100_000,
        "😀",
    ]
    assert {refusal(await verify(http, each)) for each in forged} == {(400, "invalid_token")}
    assert (await verify(http, token)).status_code == 204


async def test_a_token_of_another_kind_confirms_nothing(http: httpx.AsyncClient, ada: Person) -> None:
    others = [ada.tokens["access_token"], ada.tokens["refresh_token"], ada.tokens["session_id"]]
    assert {refusal(await verify(http, each)) for each in others} == {(400, "invalid_token")}


async def test_getting_it_is_not_possible(http: httpx.AsyncClient, users: FakeUsers, ada: Person, token: str) -> None:
    answer = await http.get(VERIFY, params={"token": token})
    assert (refusal(answer), answer.headers["Allow"]) == ((405, "method_not_allowed"), "OPTIONS, POST")
    assert not verified(users, ada)


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({}, ("/body/token", "required")),
        ({"token": None}, ("/body/token", "invalid_type")),
        ({"token": "\0"}, ("/body/token", "invalid_characters")),
        ({"token": "x", "email": "y"}, ("/body/email", "unknown_field")),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, form: dict[str, object], wrong: tuple[str, str]
) -> None:
    assert violations(await http.post(VERIFY, json=form)) == {wrong}
