"""What a reader does with posts, for their eyes only: bookmarks, and the state of many posts at once."""

from uuid import uuid4

import httpx
import pytest

from kernel.db import new_id
from kernel.runtime import Runtime
from tests.callers import Caller, caller, signed_in
from tests.posts.listing import ids, published
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import refusal, violations


async def keep(http: httpx.AsyncClient, who: Caller, post_id: str) -> None:
    answer = await http.put(f"{POSTS}/{post_id}/bookmark", headers=who.headers)
    assert (answer.status_code, answer.content) == (204, b"")


async def kept(http: httpx.AsyncClient, who: Caller, **parameters: str | int) -> list[str]:
    return ids(await http.get(f"{POSTS}/bookmarks", params=parameters, headers=who.headers))


async def states(http: httpx.AsyncClient, who: Caller, *post_ids: str) -> dict[str, object]:
    answer = await http.get(f"{POSTS}/viewer-state", params={"ids": ",".join(post_ids)}, headers=who.headers)
    assert answer.status_code == 200, answer.text
    items: dict[str, object] = answer.json()["items"]
    return items


async def test_bookmarks_come_in_the_order_of_keeping(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    first, second, third = await published(http, ann, 3)
    for post_id in (second, third, first, second):
        await keep(http, bob, post_id)
    assert await kept(http, bob) == [first, third, second]
    for _ in range(2):
        answer = await http.delete(f"{POSTS}/{third}/bookmark", headers=bob.headers)
        assert (answer.status_code, answer.content) == (204, b"")
    assert await kept(http, bob) == [first, second]
    await keep(http, bob, third)
    assert await kept(http, bob) == [third, first, second]


async def test_bookmarks_are_their_owners_alone(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    await keep(http, bob, post["id"])
    assert await kept(http, ann) == []
    answer = await http.get(f"{POSTS}/bookmarks", headers=bob.headers)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("no-store", "Authorization")
    assert answer.json()["items"] == (await http.get(POSTS)).json()["items"]


async def test_bookmarks_come_in_pages(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    posts = await published(http, ann, 5)
    for post_id in posts:
        await keep(http, bob, post_id)
    page = await http.get(f"{POSTS}/bookmarks", params={"limit": 2}, headers=bob.headers)
    await keep(http, bob, (await publish(http, ann))["id"])
    found = ids(page)
    while cursor := page.json()["next_cursor"]:
        page = await http.get(f"{POSTS}/bookmarks", params={"limit": 2, "cursor": cursor}, headers=bob.headers)
        found += ids(page)
    assert found == posts[::-1]


async def test_a_cursor_of_another_list_is_refused(http: httpx.AsyncClient, ann: Caller) -> None:
    await published(http, ann, 2)
    cursor = (await http.get(POSTS, params={"limit": 1})).json()["next_cursor"]
    answer = await http.get(f"{POSTS}/bookmarks", params={"cursor": cursor}, headers=ann.headers)
    assert refusal(answer) == (400, "invalid_cursor")


async def test_what_is_hidden_or_deleted_is_not_listed(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime
) -> None:
    hidden, deleted, shown = await published(http, ann, 3)
    for who in (ann, bob):
        for post_id in (hidden, deleted, shown):
            await keep(http, who, post_id)
    await alter(runtime, hidden, status="draft")
    await http.delete(f"{POSTS}/{deleted}", headers=ann.headers)
    assert await kept(http, bob) == [shown]
    assert await kept(http, ann) == [shown, hidden]
    await http.post(f"{POSTS}/{deleted}/restore", headers=ann.headers)
    assert await kept(http, bob) == [shown, deleted]


async def test_whoever_may_read_a_draft_keeps_it(http: httpx.AsyncClient, ann: Caller) -> None:
    moderator = caller("Moderator", "posts:read:any")
    draft = await write(http, ann)
    await keep(http, moderator, draft["id"])
    assert await kept(http, moderator) == [draft["id"]]
    assert await kept(http, signed_in(moderator.user)) == []


async def test_nobody_keeps_what_they_may_not_read(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    draft = await write(http, ann)
    for post_id in (draft["id"], str(new_id())):
        for method in ("PUT", "DELETE"):
            answer = await http.request(method, f"{POSTS}/{post_id}/bookmark", headers=bob.headers)
            assert refusal(answer) == (404, "not_found")


async def test_the_state_of_many_posts_at_once(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    liked, marked, untouched = await published(http, ann, 3)
    for kind in ("wow", "like", "sad"):
        await http.put(f"{POSTS}/{liked}/reactions/{kind}", headers=bob.headers)
    await http.delete(f"{POSTS}/{liked}/reactions/sad", headers=bob.headers)
    await http.put(f"{POSTS}/{marked}/reactions/love", headers=ann.headers)
    await keep(http, bob, marked)
    unknown, nothing = str(uuid4()), {"reactions": [], "bookmarked": False}
    assert await states(http, bob, liked, marked, untouched, unknown, liked) == {
        liked: {"reactions": ["like", "wow"], "bookmarked": False},
        marked: {"reactions": [], "bookmarked": True},
        untouched: nothing,
        unknown: nothing,
    }
    assert await states(http, ann, marked) == {marked: {"reactions": ["love"], "bookmarked": False}}


async def test_public_resources_carry_nothing_personal(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    post = await publish(http, ann)
    await http.put(f"{POSTS}/{post['id']}/reactions/like", headers=bob.headers)
    await keep(http, bob, post["id"])
    for address in (POSTS, f"{POSTS}/{post['id']}"):
        strangers, bobs = [await http.get(address, headers=headers) for headers in ({}, bob.headers)]
        assert (strangers.content, strangers.headers["ETag"]) == (bobs.content, bobs.headers["ETag"])


@pytest.mark.parametrize("given", ["", "x", "0192F0C1-9A3E-7CC0-8F5E-3F1F5A0D7B11"])
async def test_ids_that_are_none_are_refused(http: httpx.AsyncClient, ann: Caller, given: str) -> None:
    answer = await http.get(f"{POSTS}/viewer-state", params={"ids": given}, headers=ann.headers)
    assert violations(answer) == {("/query/ids", "invalid_format")}


async def test_a_hundred_ids_are_the_most(http: httpx.AsyncClient, ann: Caller) -> None:
    most = [str(new_id()) for _ in range(100)]
    assert len(await states(http, ann, *most)) == 100
    answer = await http.get(
        f"{POSTS}/viewer-state", params={"ids": ",".join([*most, str(new_id())])}, headers=ann.headers
    )
    assert violations(answer) == {("/query/ids", "too_long")}
