"""POST ``/auth/refresh``."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from kernel.db import new_id, utc_now
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.vault import Vault
from modules.auth.models import SessionRow
from modules.auth.settings import AuthSettings
from modules.auth.tokens import MailTokens, RefreshTokens
from tests.auth.integration.conftest import alter, auth_alone
from tests.problems import refusal, violations
from tests.running import People, Person, bearer
from tests.users.fakes import FakeUsers

REFRESH = "/api/v1/auth/refresh"
LOGOUT = "/api/v1/auth/logout"
LONG_AGO = timedelta(minutes=1)


async def refresh(http: httpx.AsyncClient, token: object) -> httpx.Response:
    return await http.post(REFRESH, json={"refresh_token": token})


async def rotate(http: httpx.AsyncClient, token: str) -> str:
    """The successor of a token."""
    answer = await refresh(http, token)
    assert answer.status_code == 200, answer.text
    successor: str = answer.json()["refresh_token"]
    return successor


async def is_good(http: httpx.AsyncClient, access_token: str) -> bool:
    """Whether an access token is taken, where none is needed."""
    answer = await http.get("/api/v1/door", headers=bearer(access_token))
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


async def test_a_dead_access_token_keeps_nobody_from_a_new_one(http: httpx.AsyncClient, ada: Person) -> None:
    headers = {"Authorization": "Bearer dead"}
    answer = await http.post(REFRESH, json={"refresh_token": ada.tokens["refresh_token"]}, headers=headers)
    assert answer.status_code == 200


async def replay_late(http: httpx.AsyncClient, runtime: Runtime, person: Person) -> tuple[str, httpx.Response]:
    """Use a token, and again when the grace is over: the successor, and the second answer."""
    token = person.tokens["refresh_token"]
    successor = await rotate(http, token)
    await alter(runtime, SessionRow, person.tokens["session_id"], rotated_at=utc_now() - LONG_AGO)
    return successor, await refresh(http, token)


async def test_a_refresh_token_buys_the_next_pair_of_the_same_session(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await refresh(http, ada.tokens["refresh_token"])
    pair: dict[str, Any] = answer.json()  # Any: JSON
    assert (answer.status_code, pair.keys()) == (200, ada.tokens.keys())
    assert pair["session_id"] == ada.tokens["session_id"]
    assert pair["refresh_token"] != ada.tokens["refresh_token"]
    assert pair["access_token"] != ada.tokens["access_token"]
    assert answer.headers["Cache-Control"] == "no-store"


async def test_tokens_follow_each_other_for_ever(http: httpx.AsyncClient, ada: Person) -> None:
    tokens = [ada.tokens["refresh_token"]]
    for _ in range(12):
        tokens.append(await rotate(http, tokens[-1]))
    assert len(set(tokens)) == 13


async def test_access_tokens_of_before_stay_good(http: httpx.AsyncClient, ada: Person) -> None:
    await rotate(http, ada.tokens["refresh_token"])
    assert await is_good(http, ada.tokens["access_token"])


async def test_a_lost_answer_can_be_asked_for_again(http: httpx.AsyncClient, ada: Person) -> None:
    answers = [await rotate(http, ada.tokens["refresh_token"]) for _ in range(3)]
    assert len(set(answers)) == 1


async def test_what_was_asked_for_again_goes_on_as_ever(http: httpx.AsyncClient, ada: Person) -> None:
    await rotate(http, ada.tokens["refresh_token"])
    successor = await rotate(http, ada.tokens["refresh_token"])
    assert await rotate(http, successor) != successor


async def test_of_many_refreshes_at_once_all_get_the_same_successor(http: httpx.AsyncClient, ada: Person) -> None:
    token = ada.tokens["refresh_token"]
    answers = await asyncio.gather(*(refresh(http, token) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


async def test_without_a_grace_one_of_many_refreshes_at_once_wins_and_the_session_dies(
    settings: KernelSettings, runtime: Runtime
) -> None:
    async with auth_alone(settings, FakeUsers(), AuthSettings(bcrypt_rounds=4, refresh_grace=0)) as http:
        ada = await People(http).join("Ada")
        answers = await asyncio.gather(*(refresh(http, ada.tokens["refresh_token"]) for _ in range(50)))
        winners = [answer for answer in answers if answer.status_code == 200]
        losers = [refusal(answer) for answer in answers if answer.status_code != 200]
        assert (len(winners), losers.count((401, "refresh_reused"))) == (1, 1)
        assert set(losers) == {(401, "refresh_reused"), (401, "refresh_invalid")}
        assert refusal(await refresh(http, winners[0].json()["refresh_token"])) == (401, "refresh_invalid")


async def test_without_a_grace_a_refresh_that_is_cut_off_leaves_its_token_good(
    settings: KernelSettings, runtime: Runtime, ada: Person
) -> None:
    async with auth_alone(settings, FakeUsers(), AuthSettings(bcrypt_rounds=4, refresh_grace=0)) as http:
        async with runtime.database.unit_of_work() as uow:
            await uow.session.execute(text("LOCK TABLE auth.signing_keys"))  # which a new process has not read yet
            cut_off = asyncio.create_task(refresh(http, ada.tokens["refresh_token"]))
            await asyncio.sleep(0.2)
            cut_off.cancel()
            await asyncio.gather(cut_off, return_exceptions=True)
        await rotate(http, ada.tokens["refresh_token"])


async def test_whoever_finds_their_session_held_waits_and_nobody_else(
    http: httpx.AsyncClient, people: People, runtime: Runtime, ada: Person
) -> None:
    bob = await people.join("Bob")
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(select(SessionRow).where(SessionRow.id == ada.tokens["session_id"]).with_for_update())
        held = asyncio.create_task(rotate(http, ada.tokens["refresh_token"]))
        await rotate(http, await rotate(http, bob.tokens["refresh_token"]))
        assert not held.done()
    await rotate(http, await held)


async def test_a_process_that_has_just_begun_refreshes_for_more_than_it_has_connections(
    http: httpx.AsyncClient, settings: KernelSettings, ada: Person
) -> None:
    tokens = [(await People(http).sign_in(ada.email))["refresh_token"] for _ in range(40)]
    async with auth_alone(settings, FakeUsers()) as another:
        answers = await asyncio.gather(*(refresh(another, token) for token in tokens))
    assert [answer.status_code for answer in answers] == [200] * 40


async def test_a_late_replay_is_called_what_it_is(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    _, answer = await replay_late(http, runtime, ada)
    assert refusal(answer) == (401, "refresh_reused")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_replay_of_a_token_before_the_previous_one_is_late_however_soon_it_comes(
    http: httpx.AsyncClient, ada: Person
) -> None:
    first = ada.tokens["refresh_token"]
    await rotate(http, await rotate(http, first))
    assert refusal(await refresh(http, first)) == (401, "refresh_reused")


async def test_a_late_replay_ends_the_session_although_its_answer_is_a_refusal(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    newest, _ = await replay_late(http, runtime, ada)
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.scalar(select(SessionRow.reason)) == "reuse"
    assert refusal(await refresh(http, newest)) == (401, "refresh_invalid")


async def test_a_late_replay_ends_the_access_tokens_at_once(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    await replay_late(http, runtime, ada)
    assert not await is_good(http, ada.tokens["access_token"])


async def test_a_late_replay_leaves_other_sessions_alone(
    http: httpx.AsyncClient, people: People, runtime: Runtime, ada: Person
) -> None:
    other = await people.sign_in(ada.email)
    await replay_late(http, runtime, ada)
    assert await is_good(http, other["access_token"])
    await rotate(http, other["refresh_token"])


async def test_the_owner_hears_once_of_a_late_replay(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    await replay_late(http, runtime, ada)
    await refresh(http, ada.tokens["refresh_token"])
    async with runtime.database.unit_of_work() as uow:
        mails = await uow.session.scalars(select(MailRow.recipient).where(MailRow.kind == "auth.session_ended"))
        assert mails.all() == [ada.email]


@pytest.mark.parametrize("column", ["expires_at", "absolute_expires_at"])
async def test_a_session_that_has_expired_says_so(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person, column: str
) -> None:
    await alter(runtime, SessionRow, ada.tokens["session_id"], **{column: utc_now() - LONG_AGO})
    assert refusal(await refresh(http, ada.tokens["refresh_token"])) == (401, "refresh_expired")
    assert not await is_good(http, ada.tokens["access_token"])


async def test_a_refresh_keeps_a_session_alive_but_not_for_ever(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    last_day = utc_now() + timedelta(days=1)
    await alter(runtime, SessionRow, ada.tokens["session_id"], expires_at=last_day, absolute_expires_at=last_day)
    await rotate(http, ada.tokens["refresh_token"])
    async with runtime.database.unit_of_work() as uow:
        row = (await uow.session.scalars(select(SessionRow))).one()
    assert row.expires_at > last_day + timedelta(days=28)
    assert row.absolute_expires_at == last_day


async def test_a_session_that_was_left_is_not_a_living_one(http: httpx.AsyncClient, ada: Person) -> None:
    await http.post(LOGOUT, headers=ada.headers)
    assert refusal(await refresh(http, ada.tokens["refresh_token"])) == (401, "refresh_invalid")


async def test_a_session_that_never_was_is_not_a_living_one(http: httpx.AsyncClient, settings: KernelSettings) -> None:
    unknown = RefreshTokens(Vault(settings.secret_keys)).issue(new_id(), 1)
    assert refusal(await refresh(http, unknown)) == (401, "refresh_invalid")


async def test_a_generation_that_was_not_reached_yet_is_not_taken(
    http: httpx.AsyncClient, settings: KernelSettings, ada: Person
) -> None:
    session_id, _, _ = ada.tokens["refresh_token"].split(".")
    vault = Vault(settings.secret_keys)
    mac = vault.sign("refresh token", f"{session_id}.2")
    assert refusal(await refresh(http, f"{session_id}.2.{mac}")) == (401, "refresh_invalid")
    assert await is_good(http, ada.tokens["access_token"])


async def test_a_forged_token_does_no_harm_to_the_session_it_names(http: httpx.AsyncClient, ada: Person) -> None:
    session_id, generation, mac = ada.tokens["refresh_token"].split(".")
    foreign = Vault(["a key of another installation: 0123456789"]).sign("refresh token", f"{session_id}.{generation}")
    forged = [
        f"{session_id}.0.{mac}",
        f"{session_id}.2.{mac}",
        f"{session_id}.01.{mac}",
        f"{new_id()}.{generation}.{mac}",
        f"{session_id.upper()}.{generation}.{mac}",
        f"{session_id}.{generation}.{foreign}",
        f"{session_id}.{generation}.{'A' * 43}",
        f"{session_id}.{generation}.",
        f"{session_id}.{generation}",
        f"{session_id}.{generation}.{mac}=",
        f"{session_id}.{generation}.{mac}\n",
        f" {session_id}.{generation}.{mac}",
        f"{session_id}.{generation}.{mac}.{mac}",
    ]
    assert {refusal(await refresh(http, token)) for token in forged} == {(401, "refresh_invalid")}
    await rotate(http, ada.tokens["refresh_token"])


async def test_a_token_of_another_kind_is_not_a_refresh_token(
    http: httpx.AsyncClient, settings: KernelSettings, ada: Person
) -> None:
    mail_token = MailTokens(Vault(settings.secret_keys)).issue(new_id(), "verify_email")
    others = [ada.tokens["access_token"], ada.tokens["session_id"], mail_token, "", "x", "😀", "x" * 100_000, "null"]
    assert {refusal(await refresh(http, token)) for token in others} == {(401, "refresh_invalid")}


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({}, ("/body/refresh_token", "required")),
        ({"refresh_token": None}, ("/body/refresh_token", "invalid_type")),
        ({"refresh_token": ["x"]}, ("/body/refresh_token", "invalid_type")),
        ({"refresh_token": "\0"}, ("/body/refresh_token", "invalid_characters")),
        ({"refresh_token": "x", "session_id": "y"}, ("/body/session_id", "unknown_field")),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, form: dict[str, object], wrong: tuple[str, str]
) -> None:
    assert violations(await http.post(REFRESH, json=form)) == {wrong}
