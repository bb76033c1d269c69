"""A POST with an ``Idempotency-Key`` happens once, however often its answer gets lost."""

import asyncio
from collections.abc import Mapping

import asyncpg
import httpx
import pytest

from kernel.unit_of_work import UnitOfWork
from modules.posts.services import PostService
from tests.kernel.http.apps import pointers, problem_of
from tests.running import PASSWORD, People, Person

POST = {"title": "Once", "body": "and only once", "status": "published"}
KEY = "3f1b6f0e-once"


@pytest.fixture
async def ada(people: People) -> Person:
    return await people.join("Ada")


async def write(http: httpx.AsyncClient, person: Person, key: str, form: Mapping[str, str] = POST) -> httpx.Response:
    return await http.post("/api/v1/posts", json=form, headers={**person.headers, "Idempotency-Key": key})


async def rows(database_url: str, table: str) -> int:
    connection = await asyncpg.connect(database_url)
    count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    await connection.close()
    return count


async def test_the_same_request_again_gets_the_same_answer(
    client: httpx.AsyncClient, ada: Person, database_url: str
) -> None:
    first, again = [await write(client, ada, KEY) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.content == first.content
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert await rows(database_url, "posts.posts") == 1


async def test_twins_have_one_effect(client: httpx.AsyncClient, ada: Person, database_url: str) -> None:
    answers = await asyncio.gather(*(write(client, ada, KEY) for _ in range(50)))
    written = [answer for answer in answers if answer.status_code == 201]
    assert sum("Idempotency-Replayed" not in answer.headers for answer in written) == 1
    assert len({answer.json()["id"] for answer in written}) == 1
    for answer in answers:
        if answer.status_code != 201:
            problem_of(answer, 409, "idempotency_in_flight")
    assert await rows(database_url, "posts.posts") == 1
    assert (await write(client, ada, KEY)).headers["Idempotency-Replayed"] == "true"


async def test_another_request_may_not_use_the_key(client: httpx.AsyncClient, ada: Person) -> None:
    await write(client, ada, KEY)
    answer = await write(client, ada, KEY, {**POST, "title": "Another"})
    assert pointers(problem_of(answer, 422, "idempotency_key_reused")) == {"/header/Idempotency-Key": "reused"}


async def test_everybody_has_keys_of_their_own(client: httpx.AsyncClient, people: People, ada: Person) -> None:
    bob = await people.join("Bob")
    first, other = await write(client, ada, KEY), await write(client, bob, KEY)
    assert (first.status_code, other.status_code) == (201, 201)
    assert first.json()["id"] != other.json()["id"]
    assert "Idempotency-Replayed" not in other.headers


async def test_without_a_key_everything_happens_as_often_as_it_is_asked_for(
    client: httpx.AsyncClient, ada: Person, database_url: str
) -> None:
    for _ in range(2):
        assert (await client.post("/api/v1/posts", json=POST, headers=ada.headers)).status_code == 201
    assert await rows(database_url, "kernel.idempotency_keys") == 0


@pytest.mark.parametrize("key", ["", " ", "a b", "\t", "x" * 256, "schlüssel".encode("latin-1")])
async def test_what_is_no_key_is_refused(
    client: httpx.AsyncClient, ada: Person, key: str | bytes, database_url: str
) -> None:
    headers = {**ada.headers, "Idempotency-Key": key}
    answer = await client.post("/api/v1/posts", json=POST, headers=headers)  # type: ignore[arg-type] # bytes are fine
    assert pointers(problem_of(answer, 422, "validation_failed")) == {"/header/Idempotency-Key": "invalid_format"}
    assert await rows(database_url, "posts.posts") == 0


async def test_a_failure_is_not_kept(
    client: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with monkeypatch.context() as patched:

        async def fail(_: object, *__: object) -> None:
            raise ConnectionResetError

        patched.setattr(PostService, "write", fail)
        problem_of(await write(client, ada, KEY), 503, "unavailable")
    assert await rows(database_url, "kernel.idempotency_keys") == 0
    answer = await write(client, ada, KEY)
    assert answer.status_code == 201
    assert "Idempotency-Replayed" not in answer.headers


async def test_an_effect_whose_commit_fails_leaves_no_answer(
    client: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    with monkeypatch.context() as patched:

        async def fail(_: object) -> None:
            raise ConnectionResetError

        patched.setattr(UnitOfWork, "commit", fail)
        problem_of(await write(client, ada, KEY), 503, "unavailable")
    assert await rows(database_url, "posts.posts") == await rows(database_url, "kernel.idempotency_keys") == 0
    assert (await write(client, ada, KEY)).status_code == 201


async def sign_up(http: httpx.AsyncClient, email: str, **form: str) -> httpx.Response:
    form = {"email": email, "name": "Ada", "password": PASSWORD, **form}
    return await http.post("/api/v1/auth/register", json=form, headers={"Idempotency-Key": KEY})


async def test_signing_up_again_with_the_key_is_no_conflict(client: httpx.AsyncClient, people: People) -> None:
    first, again = [await sign_up(client, "once@example.org") for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    other = await sign_up(client, "other@example.org")
    assert (other.status_code, "Idempotency-Replayed" in other.headers) == (201, False)
    await people.sign_in("once@example.org")


async def test_a_sign_up_that_was_refused_can_be_corrected_under_its_key(
    client: httpx.AsyncClient, people: People
) -> None:
    ada = await people.join()
    problem_of(await sign_up(client, "late@example.org", username=ada.username), 409, "username_taken")
    assert (await sign_up(client, "late@example.org", username="somebody_else")).status_code == 201


async def test_nothing_of_a_password_is_kept(client: httpx.AsyncClient, database_url: str) -> None:
    await sign_up(client, "once@example.org")
    connection = await asyncpg.connect(database_url)
    whole = "SELECT k::text || convert_from(k.body, 'UTF8') AS text FROM kernel.idempotency_keys AS k"
    kept = await connection.fetch(whole)
    await connection.close()
    assert len(kept) == 1
    assert not any(word in kept[0]["text"].lower() for word in [PASSWORD, "password", *PASSWORD.split()])
    assert KEY in kept[0]["text"]
