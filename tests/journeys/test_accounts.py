"""Becoming somebody, with all modules together and many people at once."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from uuid import uuid4

import httpx
import jwt
import pyotp
import pytest
from sqlalchemy import delete, func, insert, select, text

from app.registry import modules
from kernel.application import create_app
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from modules.auth.models import CredentialRow, SigningKeyRow
from modules.users.models import UserRow
from tests.problems import refusal
from tests.running import PASSWORD, People, bearer, deliver_everything, eventually, running

REGISTER = "/api/v1/auth/register"
REFRESH = "/api/v1/auth/refresh"
ME = "/api/v1/users/me"
MFA = "/api/v1/auth/mfa"


async def count(runtime: Runtime, row: type[UserRow | CredentialRow | SigningKeyRow]) -> int:
    async with runtime.database.unit_of_work() as uow:
        return (await uow.session.scalars(select(func.count(row.id)))).one()


async def test_of_many_who_sign_up_with_one_address_at_once_one_gets_it(
    client: httpx.AsyncClient, runtime: Runtime
) -> None:
    spellings = [
        "ada@example.org",
        "ADA@example.org",
        "a\uff44a@EXAMPLE.org",
        "Ada@Example.Org",
        "ada@\uff45xample.org",
    ]
    forms = [{"email": email, "password": f"{PASSWORD} {n}", "name": "Ada"} for n, email in enumerate(spellings * 10)]
    answers = await asyncio.gather(*(client.post(REGISTER, json=form) for form in forms))
    outcomes = [refusal(answer) if answer.is_error else 201 for answer in answers]
    assert sorted(outcomes, key=str) == [*[(409, "email_taken")] * 49, 201]
    assert (await count(runtime, UserRow), await count(runtime, CredentialRow)) == (1, 1)
    await People(client).sign_in("ada@example.org", forms[outcomes.index(201)]["password"])


async def test_many_of_one_name_who_sign_up_at_once_all_get_a_username(client: httpx.AsyncClient) -> None:
    forms = [{"email": f"{n}@example.org", "password": PASSWORD, "name": "Zoë 😀"} for n in range(50)]
    answers = await asyncio.gather(*(client.post(REGISTER, json=form) for form in forms))
    usernames = {answer.json()["username"] for answer in answers}
    assert {answer.status_code for answer in answers} == {201}
    assert len(usernames) == 50
    assert [each for each in usernames if re.fullmatch("zoe(_[0-9]+)?", each) is None] == []


async def test_a_newcomer_s_name_comes_back_byte_for_byte(people: People) -> None:
    name = " \u202e\u05d0\u05d1 e\u0301\u0344 👩🏽‍🚀\r\n\t\x01<b>\U0010ffff"
    ada = await people.join(name)
    answer = await people.http.get(ME, headers=ada.headers)
    assert answer.json()["name"].encode() == name.encode()


async def test_who_is_refused_does_not_exist(client: httpx.AsyncClient, runtime: Runtime) -> None:
    form = {"email": "ada@example.org", "password": "qwertyuiop", "name": "Ada"}
    assert (await client.post(REGISTER, json=form)).status_code == 422
    assert await count(runtime, UserRow) == 0


async def test_no_secret_stands_in_the_database(
    client: httpx.AsyncClient, people: People, runtime: Runtime, mailbox: Path
) -> None:
    ada = await people.join("Ada")
    pairs = [ada.tokens, (await client.post(REFRESH, json={"refresh_token": ada.tokens["refresh_token"]})).json()]
    await client.post(REFRESH, json={"refresh_token": pairs[1]["refresh_token"]})
    again = bearer((await people.sign_in(ada.email))["access_token"])
    await client.post(REFRESH, json={"refresh_token": pairs[0]["refresh_token"]})  # so that a second mail is sent
    await client.post("/api/v1/auth/password/forgot", json={"email": ada.email})
    await client.post("/api/v1/auth/email/change", json={"new_email": "new@example.org"}, headers=again)
    await deliver_everything(runtime)
    mailed = {*tokens_in(mailbox, ada.email), *tokens_in(mailbox, "new@example.org")}
    assert len(mailed) == 3
    secrets = [PASSWORD, *mailed, *(pair[kind] for pair in pairs for kind in ("access_token", "refresh_token"))]
    macs = [secret.rpartition(".")[2] for secret in secrets]
    dump = await everything(runtime)
    assert ada.id in dump
    assert [mac for mac in macs if mac in dump or mac.encode().hex() in dump] == []


async def test_no_second_factor_and_no_personal_token_stands_in_the_database(
    client: httpx.AsyncClient, people: People, runtime: Runtime
) -> None:
    ada = await people.join("Ada")
    once = {**ada.headers, "Idempotency-Key": "once"}
    secret = (await client.post(f"{MFA}/totp", headers=once)).json()["secret"]
    code = {"code": pyotp.TOTP(secret).now()}
    confirmed = await client.post(f"{MFA}/totp/confirm", json=code, headers=ada.headers)
    half = (await client.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})).json()
    form = {"name": "a script", "scopes": []}
    program = (await client.post("/api/v1/auth/tokens", json=form, headers={**once, "Idempotency-Key": "other"})).json()
    secrets = [secret, half["mfa_token"], program["token"], *confirmed.json()["recovery_codes"]]
    spellings = [each for secret in secrets for each in (secret, secret.rpartition(".")[2], secret.replace("-", ""))]
    dump = await everything(runtime)
    assert "mfa_enabled" in dump
    assert [each for each in spellings if each in dump or each.encode().hex() in dump] == []


def tokens_in(mailbox: Path, recipient: str) -> set[str]:
    """Those of all links that somebody was sent."""
    letters = [letter for letter in (mail.read_text() for mail in mailbox.glob("*.eml")) if recipient in letter]
    return set(re.findall(r"token=3D([0-9a-f-]{36}\.[\w-]{43})", "".join(letters).replace("=\n", "")))


async def everything(runtime: Runtime) -> str:
    """Every row of every table as text; bytes are hexadecimal."""
    async with runtime.database.unit_of_work() as uow:
        tables = await uow.session.execute(
            text(
                "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            )
        )
        rows = [await uow.session.scalars(text(f"SELECT t::text FROM {table} t")) for table in tables.scalars().all()]
        return "\n".join(row for each in rows for row in each)


async def test_a_sign_in_is_good_on_every_instance_and_so_is_its_end(
    runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]
) -> None:
    async with (
        running(create_app(settings, modules(settings, env))) as one,
        running(create_app(settings, modules(settings, env))) as other,
    ):
        ada = await People(one).join("Ada")
        there = await People(other).sign_in(ada.email)
        assert [(await http.get(ME, headers=ada.headers)).status_code for http in (one, other)] == [200, 200]
        assert (await one.post(REFRESH, json={"refresh_token": there["refresh_token"]})).status_code == 200
        assert (await other.post("/api/v1/auth/logout", headers=ada.headers)).status_code == 204
        assert (await other.get(ME, headers=ada.headers)).status_code == 401

        async def is_refused() -> bool:
            return (await one.get(ME, headers=ada.headers)).status_code == 401

        await eventually(is_refused, 1)


@pytest.fixture
async def a_new_installation(runtime: Runtime) -> AsyncGenerator[None]:
    """Without signing keys; those that other processes keep in mind come back afterwards."""
    columns = SigningKeyRow.__table__.columns.keys()
    async with runtime.database.unit_of_work() as uow:
        rows = [
            {name: getattr(row, name) for name in columns} for row in await uow.session.scalars(select(SigningKeyRow))
        ]
        await uow.session.execute(delete(SigningKeyRow))
    yield
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(delete(SigningKeyRow))
        if rows:
            await uow.session.execute(insert(SigningKeyRow), rows)


async def test_the_first_sign_ins_of_an_installation_agree_on_one_signing_key_and_the_next(
    a_new_installation: None, runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]
) -> None:
    async with (
        running(create_app(settings, modules(settings, env))) as one,
        running(create_app(settings, modules(settings, env))) as other,
    ):
        email = f"{uuid4().hex}@example.org"
        await one.post(REGISTER, json={"email": email, "password": PASSWORD, "name": "Ada"})
        pairs = await asyncio.gather(*(People(http).sign_in(email) for http in (one, other) * 8))
        headers = [bearer(pair["access_token"]) for pair in pairs]
        answers = [await http.get(ME, headers=each) for http in (one, other) for each in headers]
    assert {answer.status_code for answer in answers} == {200}
    assert len({jwt.get_unverified_header(pair["access_token"])["kid"] for pair in pairs}) == 1
    assert await count(runtime, SigningKeyRow) == 2


async def test_keys_can_be_fetched_before_anybody_has_signed_in(
    a_new_installation: None, runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]
) -> None:
    async with (
        running(create_app(settings, modules(settings, env))) as one,
        running(create_app(settings, modules(settings, env))) as other,
    ):
        answers = await asyncio.gather(*(http.get("/.well-known/jwks.json") for http in (one, other) * 4))
        published = [{key["kid"] for key in answer.json()["keys"]} for answer in answers]
        pair = (await People(other).join("Ada")).tokens
    assert [len(each) for each in published] == [2] * 8
    assert len(set(map(frozenset, published))) == 1
    assert jwt.get_unverified_header(pair["access_token"])["kid"] in published[0]
    assert await count(runtime, SigningKeyRow) == 2
