"""Comments and replies: who may write them, the order of reading, counters that are true."""

import asyncio

import httpx
import pytest

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.posts import CommentWritten
from tests.callers import Caller, caller
from tests.posts.commenting import COMMENTS, comment, counted, read
from tests.posts.integration.conftest import People
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers, refusal, violations


async def test_a_comment_is_there_at_once(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    answer = await http.post(f"{POSTS}/{post['id']}/comments", json={"body": "<b>Ah</b>\n"}, headers=bob.headers)
    written = answer.json()
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{COMMENTS}/{written['id']}")
    assert written == {
        "id": written["id"],
        "post_id": post["id"],
        "parent_id": None,
        "author": {"id": str(bob.user.id), "username": "bob", "name": "Bob"},
        "body": "<b>Ah</b>\n",
        "version": 1,
        "created_at": written["created_at"],
        "updated_at": written["created_at"],
        "deleted_at": None,
    }
    shown = await http.get(answer.headers["Location"])
    assert (shown.json(), shown.headers["ETag"]) == (written, answer.headers["ETag"])
    assert (await http.get(f"{POSTS}/{post['id']}/comments")).json() == {"items": [written], "next_cursor": None}
    assert await counted(http, post["id"]) == 1


async def test_a_comment_may_be_kept_by_everybody_while_its_post_is_public(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller
) -> None:
    post = await publish(http, ann)
    address = f"{COMMENTS}/{(await comment(http, ann, post['id']))['id']}"
    shown = await http.get(address)
    assert shown.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert (await http.get(address, headers={"If-None-Match": shown.headers["ETag"]})).status_code == 304
    await alter(runtime, post["id"], status="draft")
    assert (await http.get(address, headers=ann.headers)).headers["Cache-Control"] == "no-store"


async def test_threads_are_read_from_the_top(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    first, second = [await comment(http, bob, post["id"], body) for body in ("first", "second")]
    await comment(http, ann, post["id"], "to second", parent_id=second["id"])
    reply = await comment(http, ann, post["id"], "to first", parent_id=first["id"])
    joined = await comment(http, bob, post["id"], "to the reply", parent_id=reply["id"])
    assert joined["parent_id"] == first["id"]
    threads = [("first", False), ("to first", True), ("to the reply", True), ("second", False), ("to second", True)]
    for limit in (100, 1, 2):
        assert await read(http, post["id"], limit) == threads
    assert await counted(http, post["id"]) == 5


async def test_pages_are_stable_while_people_write(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    first = await comment(http, ann, post["id"], "first")
    await comment(http, ann, post["id"], "second")
    address = f"{POSTS}/{post['id']}/comments"
    page = (await http.get(address, params={"limit": 1})).json()
    await comment(http, ann, post["id"], "to first", parent_id=first["id"])
    rest = (await http.get(address, params={"cursor": page["next_cursor"]})).json()
    elsewhere = f"{POSTS}/{(await publish(http, ann))['id']}/comments"
    refused = await http.get(elsewhere, params={"cursor": page["next_cursor"]})
    assert refusal(refused) == (400, "invalid_cursor")
    assert [each["body"] for each in rest["items"]] == ["to first", "second"]
    foreign = (await http.get(POSTS, params={"limit": 1})).json()["next_cursor"]
    assert refusal(await http.get(address, params={"cursor": foreign})) == (400, "invalid_cursor")


async def test_a_parent_has_to_be_on_the_same_post(http: httpx.AsyncClient, ann: Caller) -> None:
    post, other = await publish(http, ann), await publish(http, ann)
    elsewhere, gone = await comment(http, ann, other["id"]), await comment(http, ann, post["id"])
    await http.delete(f"{COMMENTS}/{gone['id']}", headers=ann.headers)
    for parent_id in (elsewhere["id"], gone["id"], str(new_id())):
        answer = await http.post(
            f"{POSTS}/{post['id']}/comments", json={"body": "x", "parent_id": parent_id}, headers=ann.headers
        )
        assert violations(answer) == {("/body/parent_id", "unknown")}
    assert await counted(http, post["id"]) == 0


@pytest.mark.parametrize("body", ["", "x" * 10_001, "a\x00b", None, 7])
async def test_a_body_has_its_limits(http: httpx.AsyncClient, ann: Caller, body: object) -> None:
    post = await publish(http, ann)
    address = f"{POSTS}/{post['id']}/comments"
    assert pointers(await http.post(address, json={"body": body}, headers=ann.headers)) == {"/body/body"}
    longest = await comment(http, ann, post["id"], "ß" * 10_000)
    assert longest["body"] == "ß" * 10_000


async def test_a_key_makes_one_comment(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    address, headers = f"{POSTS}/{post['id']}/comments", {**ann.headers, "Idempotency-Key": str(new_id())}
    first, again = [await http.post(address, json={"body": "x"}, headers=headers) for _ in range(2)]
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await counted(http, post["id"]) == 1


async def test_an_edit_is_based_on_a_version(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    written = await comment(http, ann, post["id"])
    address = f"{COMMENTS}/{written['id']}"
    tag = (await http.get(address)).headers["ETag"]
    based = {**ann.headers, "If-Match": tag}
    first, second = [await http.patch(address, json={"body": body}, headers=based) for body in ("one", "two")]
    assert (first.status_code, first.json()["version"], first.json()["body"]) == (200, 2, "one")
    assert refusal(second) == (412, "precondition_failed")
    assert refusal(await http.delete(address, headers=based)) == (412, "precondition_failed")
    assert (await http.get(address)).json() == first.json()
    unchanged = await http.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    assert (await http.delete(address, headers={**ann.headers, "If-Match": first.headers["ETag"]})).status_code == 204


async def test_of_many_edits_of_one_version_one_wins(http: httpx.AsyncClient, ann: Caller) -> None:
    written = await comment(http, ann, (await publish(http, ann))["id"])
    address = f"{COMMENTS}/{written['id']}"
    based = {**ann.headers, "If-Match": (await http.get(address)).headers["ETag"]}
    edits = [http.patch(address, json={"body": f"{number}"}, headers=based) for number in range(30)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*edits)) == [200, *[412] * 29]


async def test_author_and_moderator_may_edit_and_delete(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    moderator, superuser = caller("Moderator", "comments:write:any"), caller("Root", is_superuser=True)
    for who, allowed in ((bob, True), (moderator, True), (superuser, True), (ann, False), (caller("Eve"), False)):
        address = f"{COMMENTS}/{(await comment(http, bob, post['id']))['id']}"
        edited = await http.patch(address, json={"body": "new"}, headers=who.headers)
        deleted = await http.delete(address, headers=who.headers)
        if allowed:
            assert (edited.status_code, edited.json()["author"]["username"], deleted.status_code) == (200, "bob", 204)
        else:
            assert refusal(edited) == refusal(deleted) == (403, "permission_denied")


async def test_a_deleted_comment_keeps_its_place_above_replies(
    http: httpx.AsyncClient, ann: Caller, bob: Caller
) -> None:
    post = await publish(http, ann)
    top = await comment(http, bob, post["id"], "secret")
    reply = await comment(http, ann, post["id"], "reply", parent_id=top["id"])
    await http.delete(f"{COMMENTS}/{top['id']}", headers=bob.headers)
    shown = (await http.get(f"{POSTS}/{post['id']}/comments")).json()["items"]
    assert [(each["id"], each["body"], each["author"] is None) for each in shown] == [
        (top["id"], "", True),
        (reply["id"], "reply", False),
    ]
    assert (shown[0]["deleted_at"] is not None, shown[1]["deleted_at"]) == (True, None)
    assert await counted(http, post["id"]) == 1
    joined = await comment(http, bob, post["id"], "still open", parent_id=reply["id"])
    assert joined["parent_id"] == top["id"]
    for each in (reply, joined):
        await http.delete(f"{COMMENTS}/{each['id']}", headers=caller("M", "comments:write:any").headers)
    assert await read(http, post["id"]) == []
    assert await counted(http, post["id"]) == 0


async def test_what_was_deleted_is_gone(http: httpx.AsyncClient, ann: Caller) -> None:
    written = await comment(http, ann, (await publish(http, ann))["id"])
    address = f"{COMMENTS}/{written['id']}"
    assert (await http.delete(address, headers=ann.headers)).content == b""
    for method, form in (("GET", None), ("PATCH", {"body": "x"}), ("DELETE", None)):
        assert refusal(await http.request(method, address, json=form, headers=ann.headers)) == (404, "not_found")


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
async def test_on_what_nobody_else_sees_nobody_else_comments(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, status: str
) -> None:
    post = await publish(http, ann)
    before = await comment(http, bob, post["id"])
    await alter(runtime, post["id"], status=status)
    comments, one = f"{POSTS}/{post['id']}/comments", f"{COMMENTS}/{before['id']}"
    for method, address, form in (
        ("GET", comments, None),
        ("POST", comments, {"body": "x"}),
        ("GET", one, None),
        ("PATCH", one, {"body": "x"}),
        ("DELETE", one, None),
    ):
        answer = await http.request(method, address, json=form, headers=bob.headers)
        assert refusal(answer) == (404, "not_found"), (method, address)
    shown = await http.get(comments, headers=ann.headers)
    assert (len(shown.json()["items"]), shown.headers["Cache-Control"]) == (1, "no-store")


async def test_there_are_no_comments_on_what_is_not_there(http: httpx.AsyncClient, ann: Caller) -> None:
    gone = await publish(http, ann)
    await http.delete(f"{POSTS}/{gone['id']}", headers=ann.headers)
    for post_id in (gone["id"], str(new_id())):
        address = f"{POSTS}/{post_id}/comments"
        assert refusal(await http.get(address)) == (404, "not_found")
        assert refusal(await http.post(address, json={"body": "x"}, headers=ann.headers)) == (404, "not_found")


async def test_a_comment_is_no_edit_of_the_post(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    before = await http.get(f"{POSTS}/{post['id']}")
    await comment(http, bob, post["id"])
    after = await http.get(f"{POSTS}/{post['id']}", headers={"If-None-Match": before.headers["ETag"]})
    assert after.json() == {**before.json(), "comments_count": 1}


async def test_the_world_hears_whom_a_comment_answers(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, users: People, commented: list[CommentWritten]
) -> None:
    cat = caller("Cat")
    post = await publish(http, ann)
    top = await comment(http, bob, post["id"])
    reply = await comment(http, cat, post["id"], parent_id=top["id"])
    await comment(http, ann, post["id"], parent_id=reply["id"])
    assert [(each.post_author_id, each.author_id, each.parent_author_id) for each in commented] == [
        (ann.user.id, bob.user.id, None),
        (ann.user.id, cat.user.id, bob.user.id),
        (ann.user.id, ann.user.id, cat.user.id),
    ]
    assert [str(each.comment_id) for each in commented[:2]] == [top["id"], reply["id"]]


async def test_the_authors_of_a_page_are_asked_for_at_once(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, users: People
) -> None:
    post = await publish(http, ann)
    for who in (ann, bob, ann, bob):
        await comment(http, who, post["id"])
    users.batches.clear()
    await read(http, post["id"])
    assert users.batches == [{ann.user.id, bob.user.id}]


async def test_comments_at_once_are_counted_exactly(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    written = await asyncio.gather(*(comment(http, ann, post["id"], f"{number}") for number in range(30)))
    deletions = [http.delete(f"{COMMENTS}/{each['id']}", headers=ann.headers) for each in written[:10] * 2]
    statuses = [answer.status_code for answer in await asyncio.gather(*deletions)]
    assert sorted(statuses) == [204] * 10 + [404] * 10
    assert await counted(http, post["id"]) == len(await read(http, post["id"])) == 20


async def test_the_comments_of_a_draft_are_none(http: httpx.AsyncClient, ann: Caller) -> None:
    draft = await write(http, ann)
    answer = await http.get(f"{POSTS}/{draft['id']}/comments", headers=ann.headers)
    assert answer.json() == {"items": [], "next_cursor": None}
