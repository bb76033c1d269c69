"""What posts said before."""

import asyncio
from typing import Any

import httpx
import pytest

from kernel.db import new_id
from tests.callers import Caller, caller
from tests.posts.writing import POSTS, publish, write
from tests.problems import refusal


async def edit(http: httpx.AsyncClient, editor: Caller, address: str, **fields: Any) -> dict[str, Any]:  # Any: JSON
    answer = await http.patch(address, json=fields, headers=editor.headers)
    assert answer.status_code == 200, answer.text
    edited: dict[str, Any] = answer.json()  # Any: JSON
    return edited


async def revisions(http: httpx.AsyncClient, reader: Caller, address: str) -> list[dict[str, Any]]:  # Any: JSON
    answer = await http.get(f"{address}/revisions", params={"limit": 100}, headers=reader.headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]  # Any: JSON
    return items


async def test_a_new_post_has_one_text(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await write(http, ann, tags=["a"])
    editor = {"id": str(ann.user.id), "username": "ann", "name": "Ann"}
    expected = {"n": 1, "title": "Hi", "tags": ["a"], "editor": editor, "created_at": post["created_at"]}
    address = f"{POSTS}/{post['id']}"
    assert await revisions(http, ann, address) == [expected]
    answer = await http.get(f"{address}/revisions/1", headers=ann.headers)
    assert (answer.status_code, answer.json()) == (200, {**expected, "body": "there"})


async def test_every_edit_of_title_body_or_tags_leaves_what_was_there(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann, title='One', body='1', tags=['a']))['id']}"
    first = await edit(http, ann, address, title="Two")
    await edit(http, ann, address, body="2")
    await edit(http, ann, address, tags=["b"])
    texts = []
    for revision in await revisions(http, ann, address):
        full = (await http.get(f"{address}/revisions/{revision['n']}", headers=ann.headers)).json()
        assert {**revision, "body": full["body"]} == full
        texts.append((full["n"], full["title"], full["body"], full["tags"]))
    assert texts == [(4, "Two", "2", ["b"]), (3, "Two", "2", ["a"]), (2, "Two", "1", ["a"]), (1, "One", "1", ["a"])]
    assert (await revisions(http, ann, address))[2]["created_at"] == first["updated_at"]


async def test_what_changes_no_text_leaves_no_revision(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann, title='One'))['id']}"
    await edit(http, ann, address, title="One")
    await edit(http, ann, address)
    for act in ("publish", "archive", "unpublish"):
        await http.post(f"{address}/{act}", headers=ann.headers)
    assert len(await revisions(http, ann, address)) == 1


async def test_a_revision_names_who_wrote_it(http: httpx.AsyncClient, ann: Caller) -> None:
    moderator = caller("Mod", "posts:write:any", "posts:read:any")
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    await edit(http, ann, address, title="Hers")
    await edit(http, moderator, address, title="Milder")
    editors = [
        revision["editor"] and revision["editor"]["username"] for revision in await revisions(http, ann, address)
    ]
    assert editors == [None, "ann", "ann"]  # nobody knows this moderator


async def test_a_revision_can_be_restored_and_that_again(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, title="One", body="first " * 100, tags=["a"])
    address = f"{POSTS}/{post['id']}"
    edited = await edit(http, ann, address, title="Two", body="second", tags=[])
    restored = await http.post(f"{address}/revisions/1/restore", headers=ann.headers)
    changed = {"version": 3, "updated_at": restored.json()["updated_at"]}
    assert (restored.status_code, restored.json()) == (200, {**post, **changed})
    assert (await http.get(address)).content == restored.content
    again = (await http.post(f"{address}/revisions/2/restore", headers=ann.headers)).json()
    assert again == {**edited, "version": 4, "updated_at": again["updated_at"]}
    assert [revision["title"] for revision in await revisions(http, ann, address)] == ["Two", "One", "Two", "One"]


async def test_restoring_the_present_text_changes_nothing(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann)
    restored = await http.post(f"{POSTS}/{post['id']}/revisions/1/restore", headers=ann.headers)
    assert (restored.status_code, restored.json()) == (200, post)


async def test_restoring_on_an_old_version_is_refused(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    await edit(http, ann, address, title="New")
    stale = {**ann.headers, "If-Match": '"1-f"'}
    assert refusal(await http.post(f"{address}/revisions/1/restore", headers=stale)) == (412, "precondition_failed")


@pytest.mark.parametrize(
    "n", ["2", "0", "-1", "01", "+1", "1_0", "1.0", "2147483648", "99999999999999999999", "x", "٣"]
)
async def test_a_number_that_there_is_not_is_not_found(http: httpx.AsyncClient, ann: Caller, n: str) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}/revisions/{n}"
    assert refusal(await http.get(address, headers=ann.headers)) == (404, "not_found")
    assert refusal(await http.post(f"{address}/restore", headers=ann.headers)) == (404, "not_found")


async def test_who_may_see_them(http: httpx.AsyncClient, ann: Caller) -> None:
    callers = {
        "other": caller("Other"),
        "reader": caller("Reader", "posts:read:any"),
        "writer": caller("Writer", "posts:write:any"),
        "superuser": caller("Root", is_superuser=True),
        "author": ann,
    }
    public, draft = (await publish(http, ann))["id"], (await write(http, ann))["id"]
    for post_id, statuses in ((public, (403, 200, 200, 200, 200)), (draft, (404, 200, 404, 200, 200))):
        for path in ("revisions", "revisions/1"):
            address = f"{POSTS}/{post_id}/{path}"
            assert refusal(await http.get(address)) == (401, "not_authenticated")
            answers = [await http.get(address, headers=each.headers) for each in callers.values()]
            assert tuple(answer.status_code for answer in answers) == statuses
            assert {answer.headers["Cache-Control"] for answer in answers if answer.is_success} == {"no-store"}
    await http.delete(f"{POSTS}/{draft}", headers=ann.headers)
    for post_id in (str(new_id()), draft):
        assert refusal(await http.get(f"{POSTS}/{post_id}/revisions", headers=ann.headers)) == (404, "not_found")


async def test_a_walk_sees_each_text_once(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann, title='0'))['id']}"
    for n in range(1, 6):
        await edit(http, ann, address, title=str(n))
    for limit in (1, 4, 6):
        titles: list[str] = []
        parameters: dict[str, str | int] = {"limit": limit}
        while True:
            page = (await http.get(f"{address}/revisions", params=parameters, headers=ann.headers)).json()
            titles += [item["title"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            parameters["cursor"] = page["next_cursor"]
        assert titles == ["5", "4", "3", "2", "1", "0"]


async def test_no_edit_is_lost_however_many_come_at_once(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann, title='first'))['id']}"
    await asyncio.gather(*(edit(http, ann, address, title=f"Title {n}") for n in range(20)))
    titles = [revision["title"] for revision in await revisions(http, ann, address)]
    assert titles[-1] == "first"
    assert sorted(titles[:-1]) == sorted(f"Title {n}" for n in range(20))
    assert (await http.get(address, headers=ann.headers)).json()["title"] == titles[0]
