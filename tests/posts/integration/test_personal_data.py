"""What the module holds of a person, and how it forgets them."""

import httpx
import msgspec
import pytest

from kernel.runtime import Runtime
from modules.posts.module import posts
from modules.posts.services import export
from modules.posts.settings import PostSettings
from tests.callers import Caller
from tests.posts.commenting import COMMENTS, comment, counted
from tests.posts.integration.conftest import People
from tests.posts.listing import listed
from tests.posts.writing import POSTS, alter, publish, write

HIDDEN = ("draft", "scheduled", "archived")


async def test_everything_that_somebody_has_written_is_exported(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime
) -> None:
    kept, gone = await write(http, ann, title="Kept"), await publish(http, ann, title="Gone")
    await http.patch(f"{POSTS}/{kept['id']}", json={"body": "here"}, headers=ann.headers)
    await http.delete(f"{POSTS}/{gone['id']}", headers=ann.headers)
    await publish(http, bob)
    async with runtime.database.unit_of_work() as uow:
        exported = msgspec.to_builtins(await export(uow, ann.user.id))
    written = exported["posts.json"]
    assert [(post["id"], post["title"], post["body"]) for post in written] == [
        (kept["id"], "Kept", "here"),
        (gone["id"], "Gone", "there"),
    ]
    assert [(text["post_id"], text["body"]) for text in exported["revisions.json"]] == [(kept["id"], "there")]
    assert [post["deleted_at"] is None for post in written] == [True, False]


@pytest.mark.parametrize("on_erasure", ["keep", "purge"])
async def test_erasing_leaves_at_most_what_was_public_and_nobodys(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, users: People, on_erasure: str
) -> None:
    public, deleted, foreign = await publish(http, ann), await publish(http, ann), await publish(http, bob)
    for status in HIDDEN:
        await alter(runtime, (await write(http, ann))["id"], status=status)
    await http.delete(f"{POSTS}/{deleted['id']}", headers=ann.headers)
    await http.patch(f"{POSTS}/{public['id']}", json={"body": "mild"}, headers=ann.headers)
    erase = posts(msgspec.convert({"on_erasure": on_erasure}, PostSettings)).erase
    assert erase is not None
    del users.people[ann.user.id]
    for _ in range(2):
        async with runtime.database.unit_of_work() as uow:
            await erase(uow, ann.user.id)
    assert await listed(http) == ([foreign["id"], public["id"]] if on_erasure == "keep" else [foreign["id"]])
    answer = await http.get(f"{POSTS}/{public['id']}")
    if on_erasure == "keep":
        assert answer.json()["author"] is None
    else:
        assert answer.status_code == 404
    async with runtime.database.unit_of_work() as uow:
        exported = await export(uow, ann.user.id)
    assert exported["revisions.json"] == []
    assert len(list(exported["posts.json"])) == (on_erasure == "keep")  # type: ignore[call-overload] # any object


async def test_comments_reactions_and_bookmarks_are_exported(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime
) -> None:
    post = await publish(http, ann)
    gone, said = [await comment(http, bob, post["id"], body) for body in ("gone", "said")]
    await comment(http, ann, post["id"], "not Bob's")
    await http.delete(f"{COMMENTS}/{gone['id']}", headers=bob.headers)
    for kind in ("like", "wow"):
        await http.put(f"{POSTS}/{post['id']}/reactions/{kind}", headers=bob.headers)
    await http.delete(f"{POSTS}/{post['id']}/reactions/wow", headers=bob.headers)
    await http.put(f"{POSTS}/{post['id']}/bookmark", headers=bob.headers)
    async with runtime.database.unit_of_work() as uow:
        exported = msgspec.to_builtins(await export(uow, bob.user.id))
    assert [(each["id"], each["body"]) for each in exported["comments.json"]] == [(said["id"], "said")]
    assert [(each["post_id"], each["kind"]) for each in exported["reactions.json"]] == [(post["id"], "like")]
    assert [each["post_id"] for each in exported["bookmarks.json"]] == [post["id"]]


@pytest.mark.parametrize("on_erasure", ["keep", "purge"])
async def test_of_a_reader_who_is_erased_at_most_public_words_stay(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, users: People, on_erasure: str
) -> None:
    public, hidden = await publish(http, ann), await publish(http, ann)
    for post in (public, hidden):
        top = await comment(http, bob, post["id"], "Bob's")
        await comment(http, ann, post["id"], "Ann's", parent_id=top["id"])
        await http.put(f"{POSTS}/{post['id']}/reactions/like", headers=bob.headers)
        await http.put(f"{POSTS}/{post['id']}/bookmark", headers=bob.headers)
    assert (await http.get(f"{POSTS}/{public['id']}")).json()["reactions"] == {"like": 1}
    await alter(runtime, hidden["id"], status="archived")
    erase = posts(msgspec.convert({"on_erasure": on_erasure}, PostSettings)).erase
    assert erase is not None
    del users.people[bob.user.id]
    for _ in range(2):
        async with runtime.database.unit_of_work() as uow:
            await erase(uow, bob.user.id)
    kept = on_erasure == "keep"
    shown = (await http.get(f"{POSTS}/{public['id']}/comments")).json()["items"]
    assert [(each["body"], each["author"] is None) for each in shown] == [
        ("Bob's" if kept else "", True),
        ("Ann's", False),
    ]
    assert await counted(http, public["id"]) == 1 + kept
    assert (await http.get(f"{POSTS}/{public['id']}")).json()["reactions"] == {}
    private = (await http.get(f"{POSTS}/{hidden['id']}/comments", headers=ann.headers)).json()["items"]
    assert [each["body"] for each in private] == ["", "Ann's"]
    async with runtime.database.unit_of_work() as uow:
        exported = msgspec.to_builtins(await export(uow, bob.user.id))
    assert {name: len(rows) for name, rows in exported.items() if rows} == ({"comments.json": 1} if kept else {})
