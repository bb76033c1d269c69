"""``/auth/tokens``: programs that act for somebody."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from kernel.db import utc_now
from kernel.idempotency import IdempotencyRow
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.auth.authenticator import USE_NOTED
from modules.auth.models import PersonalTokenRow
from modules.auth.tasks import KEEP, forget_what_has_ended
from modules.auth.tokens import new_personal_token
from tests.auth.integration.conftest import disable, make_stale
from tests.problems import refusal, violations
from tests.running import People, Person, bearer, context_of, eventually
from tests.statements import statements
from tests.users.fakes import FakeUsers

TOKENS, DOOR, VAULT = "/api/v1/auth/tokens", "/api/v1/door", "/api/v1/vault"


async def create(http: httpx.AsyncClient, person: Person, **form: Any) -> httpx.Response:  # Any: JSON
    return await http.post(TOKENS, json={"name": "a script", "scopes": [], **form}, headers=person.headers)


async def token_of(http: httpx.AsyncClient, person: Person, **form: Any) -> str:  # Any: JSON
    answer = await create(http, person, **form)
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


async def listed(http: httpx.AsyncClient, person: Person) -> list[dict[str, Any]]:  # Any: JSON
    items: list[dict[str, Any]] = (await http.get(TOKENS, headers=person.headers)).json()["items"]
    return items


async def test_a_token_is_shown_once(http: httpx.AsyncClient, ada: Person) -> None:
    answer = await create(http, ada, expires_at="2099-01-01T00:00:00+01:00")
    made = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert answer.headers["Location"] == f"{TOKENS}/{made['id']}"
    assert made.keys() == {"id", "name", "scopes", "created_at", "expires_at", "last_used_at", "token"}
    assert (made["name"], made["scopes"], made["last_used_at"]) == ("a script", [], None)
    assert made["expires_at"] == "2098-12-31T23:00:00.000000Z"
    made.pop("token")
    assert await listed(http, ada) == [made]


async def test_one_is_where_its_owner_was_told_without_the_token_itself(
    http: httpx.AsyncClient, people: People, ada: Person
) -> None:
    answer = await create(http, ada)
    made, address = answer.json(), answer.headers["Location"]
    shown = await http.get(address, headers=ada.headers)
    assert (shown.status_code, {**shown.json(), "token": made["token"]}) == (200, made)
    known = await http.get(address, headers={**ada.headers, "If-None-Match": shown.headers["ETag"]})
    assert (known.status_code, known.headers["Cache-Control"]) == (304, "no-store")
    bob = await people.join("Bob")
    assert refusal(await http.get(address, headers=bob.headers)) == (404, "not_found")
    (await http.delete(address, headers=ada.headers)).raise_for_status()
    assert refusal(await http.get(address, headers=ada.headers)) == (404, "not_found")


async def test_it_is_taken_where_a_token_is_taken(http: httpx.AsyncClient, ada: Person) -> None:
    token = await token_of(http, ada)
    assert (await http.get("/api/v1/whoami", headers=bearer(token))).json() == {
        "id": ada.id,
        "permissions": [],
        "is_superuser": False,
    }


async def test_it_does_not_prove_who_holds_it(http: httpx.AsyncClient, ada: Person) -> None:
    token = await token_of(http, ada)
    assert refusal(await http.get(VAULT, headers=bearer(token))) == (403, "permission_denied")
    for method, path in (("GET", TOKENS), ("GET", "/api/v1/auth/sessions"), ("POST", "/api/v1/auth/logout")):
        assert refusal(await http.request(method, path, headers=bearer(token))) == (403, "permission_denied")


async def test_creating_one_needs_a_fresh_sign_in(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    await make_stale(http, runtime, ada)
    assert refusal(await create(http, ada)) == (403, "reauthentication_required")


def grant(users: FakeUsers, person: Person, **rights: Any) -> None:  # Any: fields of `User`
    """What an administrator would do."""
    user = users.people[UUID(person.id)]
    users.people[user.id] = msgspec.structs.replace(user, **rights)


async def rights(http: httpx.AsyncClient, token: str) -> tuple[list[str], bool]:
    told = (await http.get("/api/v1/whoami", headers=bearer(token))).json()
    return told["permissions"], told["is_superuser"]


async def test_scopes_are_permissions_of_the_owner(http: httpx.AsyncClient, users: FakeUsers, people: People) -> None:
    ada = await people.join("Ada")
    for scopes in (["door:open:any"], ["no:such:thing"], [""]):
        answer = await create(http, ada, scopes=scopes)
        assert answer.status_code == (422 if scopes == [""] else 403)
    assert await listed(http, ada) == []
    grant(users, ada, roles=["admin"])
    fresh = bearer((await people.sign_in(ada.email))["access_token"])
    form = {"name": "a script", "scopes": ["door:open:any", "door:open:any"]}
    answer = await http.post(TOKENS, json=form, headers=fresh)
    assert answer.json()["scopes"] == ["door:open:any"]
    assert await rights(http, answer.json()["token"]) == (["door:open:any"], False)


async def test_a_superuser_s_token_may_what_its_scopes_say_and_no_more(
    http: httpx.AsyncClient, users: FakeUsers, people: People
) -> None:
    ada = await people.join("Ada")
    grant(users, ada, is_superuser=True)
    fresh = bearer((await people.sign_in(ada.email))["access_token"])
    for scopes in ([], ["door:open:any"]):
        answer = await http.post(TOKENS, json={"name": "a script", "scopes": scopes}, headers=fresh)
        assert await rights(http, answer.json()["token"]) == (scopes, False)
    assert (await http.post(TOKENS, json={"name": "x", "scopes": ["no:such:thing"]}, headers=fresh)).status_code == 403


async def test_what_the_owner_may_no_more_the_token_may_no_more(
    http: httpx.AsyncClient, users: FakeUsers, people: People
) -> None:
    ada = await people.join("Ada")
    grant(users, ada, roles=["admin"])
    fresh = bearer((await people.sign_in(ada.email))["access_token"])
    form = {"name": "a script", "scopes": ["door:open:any"]}
    token = (await http.post(TOKENS, json=form, headers=fresh)).json()["token"]
    assert await rights(http, token) == (["door:open:any"], False)
    grant(users, ada, roles=[])

    async def has_lost_it() -> bool:
        return await rights(http, token) == ([], False)

    await eventually(has_lost_it, 1)


async def test_who_is_shut_out_is_refused_with_it_too(http: httpx.AsyncClient, users: FakeUsers, ada: Person) -> None:
    token = await token_of(http, ada)
    assert (await http.get(DOOR, headers=bearer(token))).status_code == 200
    disable(users, ada)

    async def is_refused() -> bool:
        return (await http.get(DOOR, headers=bearer(token))).status_code == 401

    await eventually(is_refused, 1)


async def test_a_token_that_is_revoked_is_refused_at_once(http: httpx.AsyncClient, ada: Person) -> None:
    token, other = [await token_of(http, ada, name=name) for name in ("one", "another")]
    assert (await http.get(DOOR, headers=bearer(token))).status_code == 200
    token_id = (await listed(http, ada))[1]["id"]
    assert (await http.delete(f"{TOKENS}/{token_id}", headers=ada.headers)).status_code == 204
    refused = await http.get(DOOR, headers=bearer(token))
    assert refusal(refused) == (401, "invalid_token")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert (await http.get(DOOR, headers=bearer(other))).status_code == 200
    assert refusal(await http.delete(f"{TOKENS}/{token_id}", headers=ada.headers)) == (404, "not_found")


async def test_nobody_revokes_or_sees_the_tokens_of_others(
    http: httpx.AsyncClient, people: People, ada: Person
) -> None:
    token, bob = await token_of(http, ada), await people.join("Bob")
    token_id = (await listed(http, ada))[0]["id"]
    assert refusal(await http.delete(f"{TOKENS}/{token_id}", headers=bob.headers)) == (404, "not_found")
    assert await listed(http, bob) == []
    assert (await http.get(DOOR, headers=bearer(token))).status_code == 200


async def test_a_token_that_has_expired_is_refused_and_shown_for_a_month(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    token = await token_of(http, ada, expires_at="2099-01-01T00:00:00Z")
    await age(runtime, expires_at=utc_now() - timedelta(seconds=1))
    assert refusal(await http.get(DOOR, headers=bearer(token))) == (401, "invalid_token")
    context = context_of(runtime)
    await forget_what_has_ended(context)
    assert len(await listed(http, ada)) == 1
    await age(runtime, expires_at=utc_now() - KEEP - timedelta(days=1))
    await forget_what_has_ended(context)
    assert await listed(http, ada) == []


async def age(runtime: Runtime, **columns: Any) -> None:
    """Move the times of all tokens, instead of waiting."""
    async with runtime.database.unit_of_work() as uow:
        change = update(PersonalTokenRow).values(columns)
        await uow.session.execute(change.execution_options(synchronize_session=False))


async def last_used(http: httpx.AsyncClient, person: Person) -> datetime | None:
    used = (await listed(http, person))[0]["last_used_at"]
    return None if used is None else datetime.fromisoformat(used)


async def test_when_it_was_last_used_is_known_and_seldom_written(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    token = await token_of(http, ada)
    with statements() as sent:
        for _ in range(20):
            await http.get(DOOR, headers=bearer(token))
    assert len([each for each in sent if each.startswith("UPDATE auth.personal_tokens")]) == 1
    used = await last_used(http, ada)
    assert used is not None
    assert abs(utc_now() - used) < timedelta(seconds=10)
    assert timedelta(minutes=1) <= USE_NOTED <= timedelta(hours=1)


@pytest.mark.parametrize("change", [str.upper, lambda token: token[:-1], lambda token: f"{token}\u00ff", str.swapcase])
async def test_what_looks_like_a_token_is_refused(http: httpx.AsyncClient, ada: Person, change: type[str]) -> None:
    spoilt = change(await token_of(http, ada))
    headers = {b"Authorization": f"Bearer {spoilt}".encode("latin-1")}
    assert refusal(await http.get(DOOR, headers=headers)) == (401, "invalid_token")


async def test_a_slip_of_the_pen_is_not_looked_up(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.reads.Reader.all", lambda *_, **__: pytest.fail("a query"))
    spoilt = f"{new_personal_token()[:-1]}-"
    assert refusal(await http.get(DOOR, headers=bearer(spoilt))) == (401, "invalid_token")
    assert refusal(await http.get(DOOR, headers=bearer(f"qpat_{'x' * 7000}"))) == (401, "invalid_token")


async def test_a_token_that_nobody_was_given_is_refused(http: httpx.AsyncClient) -> None:
    assert refusal(await http.get(DOOR, headers=bearer(new_personal_token()))) == (401, "invalid_token")


async def test_its_owner_is_told(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    await token_of(http, ada)
    token_id = (await listed(http, ada))[0]["id"]
    await http.delete(f"{TOKENS}/{token_id}", headers=ada.headers)
    events = (await http.get("/api/v1/auth/events", headers=ada.headers)).json()["items"]
    assert [event["kind"] for event in events[:2]] == ["token_revoked", "token_created"]
    async with runtime.database.unit_of_work() as uow:
        mails = select(MailRow.recipient).where(MailRow.kind == "auth.token_created")
        assert list(await uow.session.scalars(mails)) == [ada.email]


async def test_a_lost_answer_is_given_again_and_kept_encrypted(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person
) -> None:
    headers = {**ada.headers, "Idempotency-Key": "once"}
    form = {"name": "a script", "scopes": []}
    first, again = [await http.post(TOKENS, json=form, headers=headers) for _ in range(2)]
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(await listed(http, ada)) == 1
    async with runtime.database.unit_of_work() as uow:
        kept = (await uow.session.scalars(select(IdempotencyRow.body))).all()
        hashes = (await uow.session.scalars(select(PersonalTokenRow.token_hash))).all()
    token = first.json()["token"]
    assert [body for body in kept if token.encode() in body] == []
    assert token not in hashes


@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        ({"name": ""}, ("/body/name", "too_short")),
        ({"name": "x" * 101}, ("/body/name", "too_long")),
        ({"scopes": "posts:read:any"}, ("/body/scopes", "invalid_type")),
        ({"scopes": ["x"] * 101}, ("/body/scopes", "too_long")),
        ({"scopes": ["x" * 101]}, ("/body/scopes/0", "too_long")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("/body/expires_at", "not_in_future")),
        ({"expires_at": "tomorrow"}, ("/body/expires_at", "invalid_format")),
        ({"token": "qpat_mine"}, ("/body/token", "unknown_field")),
        ({"user_id": "01920000-0000-7000-8000-000000000000"}, ("/body/user_id", "unknown_field")),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_by_its_field(
    http: httpx.AsyncClient, ada: Person, form: dict[str, Any], wrong: tuple[str, str]
) -> None:
    assert violations(await create(http, ada, **form)) == {wrong}


async def test_a_list_has_pages(http: httpx.AsyncClient, ada: Person) -> None:
    for name in ("one", "two", "three"):
        await token_of(http, ada, name=name)
    first = (await http.get(TOKENS, params={"limit": 2}, headers=ada.headers)).json()
    rest = (await http.get(TOKENS, params={"cursor": first["next_cursor"]}, headers=ada.headers)).json()
    assert [item["name"] for item in [*first["items"], *rest["items"]]] == ["three", "two", "one"]
    assert rest["next_cursor"] is None
