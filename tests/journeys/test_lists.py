"""All lists of the product, together."""

import asyncio
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from app.documents import openapi
from kernel.reads import Reader
from kernel.runtime import Runtime
from tests.problems import refusal
from tests.running import People, bearer


@pytest.fixture
async def root(runtime: Runtime, people: People) -> dict[str, str]:
    """Whoever may see every list."""
    person = await people.join()
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(text("UPDATE users.users SET is_superuser = true"))
    tokens = await people.sign_in(person.email)
    return bearer(tokens["access_token"])


async def test_a_cursor_is_good_in_its_own_list_alone(client: httpx.AsyncClient, root: dict[str, str]) -> None:
    form = {"title": "Hi", "body": "there", "status": "published"}
    written = [(await client.post("/api/v1/posts", json=form, headers=root)).json()["id"] for _ in range(2)]
    for post_id in written:
        await client.put(f"/api/v1/posts/{post_id}/bookmark", headers=root)
    me = (await client.get("/api/v1/users/me", headers=root)).json()["id"]
    known = {"post_id": written[0], "user_id": me}
    lists = {
        path.format(**known): {"q": "hi"} if path.endswith("/search") else {}
        for path, item in msgspec.json.decode(openapi())["paths"].items()
        if not path.startswith("/api/v1/system/")
        and any(each["name"] == "cursor" for each in item.get("get", {}).get("parameters", ()))
    }
    assert len(lists) > 15
    own = {}
    for path, query in lists.items():
        answer = await client.get(path, params={**query, "limit": "1"}, headers=root)
        assert answer.status_code == 200, answer.text
        if answer.json()["next_cursor"] is not None:
            own[path] = answer.json()["next_cursor"]
    assert {"/api/v1/posts/mine", "/api/v1/posts/bookmarks", "/api/v1/auth/sessions"} <= own.keys()
    for path, query in lists.items():
        for origin, cursor in own.items():
            answer = await client.get(path, params={**query, "cursor": cursor}, headers=root)
            if origin == path:
                assert answer.status_code == 200, answer.text
            else:
                assert refusal(answer) == (400, "invalid_cursor"), (origin, path)


@pytest.mark.parametrize("place", ["", "/{id}"])
async def test_a_crowd_that_finds_nothing_cached_costs_one_query_of_posts(
    client: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    ann = await people.join("Ann")
    post = {"title": "T", "body": "x", "status": "published"}
    written = await client.post("/api/v1/posts", json=post, headers=ann.headers)
    address = "/api/v1/posts" + place.format(**written.json())
    asked: list[str] = []
    fetch = Reader._fetch

    async def note(self: Reader, sql: str, *rest: Any) -> Any:  # Any: whatever it takes and gives
        asked.append(sql)
        return await fetch(self, sql, *rest)

    monkeypatch.setattr(Reader, "_fetch", note)
    answers = await asyncio.gather(*(client.get(address) for _ in range(100)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert len([sql for sql in asked if "FROM posts.posts" in sql]) == 1
