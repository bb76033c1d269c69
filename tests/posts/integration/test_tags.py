"""Tags and how many published posts carry them: exact, whatever happens to a post."""

import asyncio

import httpx
import pytest

from kernel.runtime import Runtime
from modules.posts.module import posts
from modules.posts.settings import PostSettings
from modules.posts.tasks import forget_deleted_posts
from tests.callers import Caller
from tests.posts.listing import BEGIN
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers
from tests.running import context_of


async def tags(http: httpx.AsyncClient, **parameters: str | int) -> list[tuple[str, int]]:
    """Page by page."""
    found: list[tuple[str, int]] = []
    while True:
        answer = await http.get(f"{POSTS}/tags", params=parameters)
        assert answer.status_code == 200, answer.text
        found += [(each["name"], each["posts_count"]) for each in answer.json()["items"]]
        if answer.json()["next_cursor"] is None:
            return found
        parameters["cursor"] = answer.json()["next_cursor"]


async def test_tags_of_most_posts_come_first(http: httpx.AsyncClient, ann: Caller) -> None:
    for carried in (["paper", "glue"], ["paper", "thread"], ["paper", "glue", "glue"], ["awl", "zinc"], []):
        await publish(http, ann, tags=carried)
    counted = [("paper", 3), ("glue", 2), ("awl", 1), ("thread", 1), ("zinc", 1)]
    for limit in (100, 1, 2):
        assert await tags(http, limit=limit) == counted
    assert (await http.get(f"{POSTS}/tags")).headers["Cache-Control"].startswith("public")


async def test_tags_are_searched_by_how_they_begin(http: httpx.AsyncClient, ann: Caller) -> None:
    await publish(http, ann, tags=["paper", "paperback", "newspaper", "p-1"])
    assert {name for name, _ in await tags(http, q="paper")} == {"paper", "paperback"}
    assert await tags(http, q="p-") == [("p-1", 1)]
    assert await tags(http, q="aper") == []
    assert {name for name, _ in await tags(http, q="Paper")} == {"paper", "paperback"}
    assert len(await tags(http, q="")) == 4
    for beginning in ("%", "_", "a_b", "é", "x" * 50):
        assert await tags(http, q=beginning) == []
    assert pointers(await http.get(f"{POSTS}/tags", params={"q": "x" * 51})) == {"/query/q"}


async def test_counts_follow_a_post_through_its_life(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await write(http, ann, tags=["a", "b"])
    address = f"{POSTS}/{post['id']}"
    assert await tags(http) == []
    for act, counted in (("publish", 1), ("unpublish", 0), ("publish", 1), ("archive", 0), ("publish", 1)):
        assert (await http.post(f"{address}/{act}", headers=ann.headers)).status_code == 200
        assert await tags(http) == [("a", 1), ("b", 1)][: 2 * counted]
    await http.patch(address, json={"tags": ["b", "c"]}, headers=ann.headers)
    assert await tags(http) == [("b", 1), ("c", 1)]
    await http.patch(address, json={"title": "Same tags"}, headers=ann.headers)
    assert await tags(http) == [("b", 1), ("c", 1)]
    await http.delete(address, headers=ann.headers)
    assert await tags(http) == []
    await http.post(f"{address}/restore", headers=ann.headers)
    assert await tags(http) == [("b", 1), ("c", 1)]


async def test_counts_are_exact_under_concurrency(http: httpx.AsyncClient, ann: Caller) -> None:
    written = await asyncio.gather(*(publish(http, ann, tags=["x", f"t{n % 3}"]) for n in range(30)))
    deletions = [http.delete(f"{POSTS}/{post['id']}", headers=ann.headers) for post in written[:10]]
    form = {"tags": ["y", "x"]}
    edits = [http.patch(f"{POSTS}/{post['id']}", json=form, headers=ann.headers) for post in written[10:]]
    for answer in await asyncio.gather(*edits, *deletions):
        assert answer.is_success, answer.text
    assert await tags(http) == [("x", 20), ("y", 20)]


@pytest.mark.parametrize("on_erasure", ["keep", "purge"])
async def test_counts_are_exact_when_an_author_is_erased(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, on_erasure: str
) -> None:
    for who in (ann, bob):
        await publish(http, who, tags=["a"])
        await write(http, who, tags=["a"])
    erase = posts(PostSettings(on_erasure="purge" if on_erasure == "purge" else "keep")).erase
    assert erase is not None
    async with runtime.database.unit_of_work() as uow:
        await erase(uow, ann.user.id)
    assert await tags(http) == [("a", 2 if on_erasure == "keep" else 1)]


async def test_what_is_deleted_for_good_is_not_counted_twice(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime
) -> None:
    gone, _ = await publish(http, ann, tags=["a"]), await publish(http, ann, tags=["a"])
    await http.delete(f"{POSTS}/{gone['id']}", headers=ann.headers)
    await alter(runtime, gone["id"], deleted_at=BEGIN)
    await forget_deleted_posts(context_of(runtime))
    assert await tags(http) == [("a", 1)]
