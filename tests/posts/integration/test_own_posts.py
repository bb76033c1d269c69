"""What somebody has written, as they see it."""

import httpx
import pytest

from kernel.runtime import Runtime
from tests.callers import Caller
from tests.posts.listing import ids
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers, refusal

MINE = f"{POSTS}/mine"
STATES = ("draft", "scheduled", "published", "archived")


async def of_every_state(http: httpx.AsyncClient, author: Caller, runtime: Runtime) -> dict[str, str]:
    made = {}
    for status in STATES:
        made[status] = (await write(http, author))["id"]
        await alter(runtime, made[status], status=status)
    return made


async def test_authors_see_their_posts_of_all_states_and_nobody_elses(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime
) -> None:
    made = await of_every_state(http, ann, runtime)
    await publish(http, bob)
    assert ids(await http.get(MINE, headers=ann.headers)) == list(made.values())[::-1]
    for status, post_id in made.items():
        assert ids(await http.get(MINE, params={"status": status}, headers=ann.headers)) == [post_id]


async def test_an_item_reads_like_one_of_any_list(http: httpx.AsyncClient, ann: Caller) -> None:
    await publish(http, ann)
    mine = await http.get(MINE, headers=ann.headers)
    assert mine.json()["items"] == (await http.get(POSTS)).json()["items"]
    assert mine.headers["Cache-Control"] == "no-store"


async def test_a_draft_is_there_at_once(http: httpx.AsyncClient, ann: Caller) -> None:
    for count in range(1, 4):
        await write(http, ann)
        assert len(ids(await http.get(MINE, headers=ann.headers))) == count


@pytest.mark.parametrize("status", [None, "draft"])
async def test_a_walk_sees_each_once(http: httpx.AsyncClient, ann: Caller, status: str | None) -> None:
    made = [(await write(http, ann))["id"] for _ in range(7)]
    for limit in (1, 3, 7):
        found: list[str] = []
        parameters: dict[str, str | int] = {"limit": limit} if status is None else {"limit": limit, "status": status}
        while True:
            page = await http.get(MINE, params=parameters, headers=ann.headers)
            found += ids(page)
            if page.json()["next_cursor"] is None:
                break
            parameters["cursor"] = page.json()["next_cursor"]
        assert found == made[::-1]


async def test_a_wrong_question_is_refused(http: httpx.AsyncClient, ann: Caller) -> None:
    wrong = await http.get(MINE, params={"status": "deleted", "author": "bob"}, headers=ann.headers)
    assert pointers(wrong) == {"/query/status", "/query/author"}
    assert refusal(await http.get(MINE, params={"cursor": "x"}, headers=ann.headers)) == (400, "invalid_cursor")
