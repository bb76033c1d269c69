"""Who may do what to whose post. What somebody may not know of looks like what is not there."""

from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.posts.contracts import Status
from tests.callers import Caller, caller
from tests.posts.writing import POSTS, alter, write

FORM = {"title": "Hi", "body": "there", "tags": []}

CALLERS = {
    "author": caller("Ann"),
    "other": caller("Other"),
    "writer": caller("Writer", "posts:write:any"),
    "reader": caller("Reader", "posts:read:any"),
    "moderator": caller("Moderator", "posts:read:any", "posts:write:any"),
    "superuser": caller("Superuser", is_superuser=True),
}
NOBODY: Mapping[str, str] = {}

# Who gets which status for reading and for writing, by the state of the author's post.
READS = {
    "published": {"nobody": 200, "author": 200, "other": 200, "writer": 200, "reader": 200, "moderator": 200},
    "hidden": {"nobody": 404, "author": 200, "other": 404, "writer": 404, "reader": 200, "moderator": 200},
}
WRITES = {
    "published": {"nobody": 401, "author": 200, "other": 403, "writer": 200, "reader": 403, "moderator": 200},
    "hidden": {"nobody": 401, "author": 200, "other": 404, "writer": 404, "reader": 403, "moderator": 200},
}
CODES = {401: "not_authenticated", 403: "permission_denied", 404: "not_found"}
STATES: list[Status] = ["draft", "scheduled", "published", "archived"]


def expected(table: dict[str, dict[str, int]], status: Status) -> dict[str, int]:
    row = table["published" if status == "published" else "hidden"]
    return {**row, "superuser": row["author"]}


def headers(name: str) -> Mapping[str, str]:
    return CALLERS[name].headers if name in CALLERS else NOBODY


async def everybody(
    http: httpx.AsyncClient, method: str, address: str, **options: object
) -> AsyncIterator[tuple[str, httpx.Response]]:
    for name in ("nobody", *CALLERS):
        yield name, await http.request(method, address, headers=headers(name), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", STATES)
async def test_reading(http: httpx.AsyncClient, runtime: Runtime, status: Status) -> None:
    post = await write(http, CALLERS["author"])
    await alter(runtime, post["id"], status=status)
    for address in (f"{POSTS}/{post['id']}", f"{POSTS}/by-slug/{post['slug']}"):
        found = {name: answer.status_code async for name, answer in everybody(http, "GET", address)}
        assert found == expected(READS, status)


@pytest.mark.parametrize("status", STATES)
async def test_editing(http: httpx.AsyncClient, runtime: Runtime, status: Status) -> None:
    post = await write(http, CALLERS["author"])
    await alter(runtime, post["id"], status=status)
    for method in ("PATCH", "PUT"):
        answers = everybody(http, method, f"{POSTS}/{post['id']}", json=FORM)
        assert {name: answer.status_code async for name, answer in answers} == expected(WRITES, status)


@pytest.mark.parametrize(
    ("status", "act"),
    [("draft", "publish"), ("published", "unpublish"), ("draft", "archive"), ("archived", "publish")],
)
async def test_moving(http: httpx.AsyncClient, runtime: Runtime, status: Status, act: str) -> None:
    found = {}
    for name in ("nobody", *CALLERS):
        post = await write(http, CALLERS["author"])
        await alter(runtime, post["id"], status=status)
        found[name] = (await http.post(f"{POSTS}/{post['id']}/{act}", headers=headers(name))).status_code
    assert found == expected(WRITES, status)


@pytest.mark.parametrize("status", STATES)
async def test_deleting(http: httpx.AsyncClient, runtime: Runtime, status: Status) -> None:
    found = {}
    for name in ("nobody", *CALLERS):
        post = await write(http, CALLERS["author"])
        await alter(runtime, post["id"], status=status)
        found[name] = (await http.delete(f"{POSTS}/{post['id']}", headers=headers(name))).status_code
    assert found == {name: 204 if code == 200 else code for name, code in expected(WRITES, status).items()}


@pytest.mark.parametrize(("status", "writer"), [("published", 200), ("draft", 404)])
async def test_restoring(http: httpx.AsyncClient, status: Status, writer: int) -> None:
    found = {}
    for name in ("nobody", *CALLERS):
        post = await write(http, CALLERS["author"], status=status)
        await http.delete(f"{POSTS}/{post['id']}", headers=headers("author"))
        found[name] = (await http.post(f"{POSTS}/{post['id']}/restore", headers=headers(name))).status_code
    kept = {"nobody": 401, "author": 200, "other": 404, "writer": writer, "reader": 404, "moderator": 200}
    assert found == {**kept, "superuser": 200}


async def test_a_hidden_post_and_no_post_are_told_apart_by_nothing(http: httpx.AsyncClient) -> None:
    hidden, missing = (await write(http, CALLERS["author"]))["id"], str(new_id())
    for method, path in (
        ("GET", ""),
        ("PATCH", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/publish"),
        ("POST", "/restore"),
    ):
        answers = []
        for post_id in (hidden, missing):
            answer = await http.request(
                method,
                f"{POSTS}/{post_id}{path}",
                json=FORM if method[0] == "P" and path == "" else None,
                headers=headers("other"),
            )
            problem = answer.json() | {"instance": "", "request_id": ""}
            answers.append((answer.status_code, problem, {*answer.headers}))
        assert answers[0] == answers[1]


async def test_a_stale_version_does_not_betray_a_hidden_post(http: httpx.AsyncClient) -> None:
    address = f"{POSTS}/{(await write(http, CALLERS['author']))['id']}"
    stale = {**headers("other"), "If-Match": '"7-f"'}
    assert (await http.patch(address, json=FORM, headers=stale)).status_code == 404


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
@pytest.mark.parametrize("name", ["nobody", *CALLERS])
async def test_no_list_shows_a_hidden_post_to_anybody(
    http: httpx.AsyncClient, runtime: Runtime, status: Status, name: str
) -> None:
    ann: Caller = CALLERS["author"]
    post = await write(http, ann, status="published", tags=["mine"])
    await alter(runtime, post["id"], status=status)
    for filters in ({}, {"author": str(ann.user.id)}, {"tag": "mine"}, {"sort": "oldest"}, {"sort": "top"}):
        listed = await http.get(POSTS, params={**filters, "include_total": "true"}, headers=headers(name))
        assert listed.json() == {"items": [], "next_cursor": None, "total": 0}


async def test_every_refusal_has_its_code(http: httpx.AsyncClient) -> None:
    ann = CALLERS["author"]
    for post in (await write(http, ann), await write(http, ann, status="published")):
        async for name, answer in everybody(http, "PATCH", f"{POSTS}/{post['id']}", json=FORM):
            if answer.status_code != 200:
                assert answer.json()["code"] == CODES[answer.status_code], name


async def test_a_bad_token_is_refused_where_none_is_needed(http: httpx.AsyncClient) -> None:
    refused = await http.get(POSTS, headers={"Authorization": "Bearer nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_token")


async def test_a_moderators_edit_leaves_the_author_the_author(http: httpx.AsyncClient) -> None:
    ann = CALLERS["author"]
    post = await write(http, ann, status="published")
    edited = await http.patch(f"{POSTS}/{post['id']}", json={"title": "Mild"}, headers=headers("moderator"))
    assert edited.json()["author"] == post["author"]
