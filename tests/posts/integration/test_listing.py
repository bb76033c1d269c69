"""Lists of posts: which, in what order, page by page."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from kernel.http.pagination import encode_cursor
from kernel.runtime import Runtime
from tests.callers import Caller, caller
from tests.posts.integration.conftest import Directory
from tests.posts.integration.test_writing import FIELDS
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers, refusal

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY = UUID("01990000-0000-7000-8000-000000000000")


def ids(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return [each["id"] for each in page.json()["items"]]


async def listed(http: httpx.AsyncClient, **parameters: Any) -> list[str]:  # Any: whatever a query can hold
    return ids(await http.get(POSTS, params=parameters))


async def walk(http: httpx.AsyncClient, **parameters: Any) -> list[str]:  # Any: whatever a query can hold
    """Every id of a list, by the cursors of its pages."""
    found: list[str] = []
    while True:
        page = await http.get(POSTS, params=parameters)
        found += ids(page)
        if page.json()["next_cursor"] is None:
            return found
        assert len(page.json()["items"]) == parameters["limit"]
        assert page.json()["next_cursor"] != parameters.get("cursor"), "the cursor leads nowhere"
        parameters["cursor"] = page.json()["next_cursor"]


async def published(http: httpx.AsyncClient, author: Caller, count: int) -> list[str]:
    """The ids of new posts, oldest first."""
    return [(await publish(http, author, title=f"Post {n}"))["id"] for n in range(count)]


async def at(runtime: Runtime, post_id: str, moment: datetime) -> None:
    await alter(runtime, post_id, published_at=moment)


async def test_nothing_published_is_an_empty_list(http: httpx.AsyncClient, ann: Caller) -> None:
    await write(http, ann)
    page = await http.get(POSTS)
    assert (page.status_code, page.json()) == (200, {"items": [], "next_cursor": None})
    assert "Link" not in page.headers


async def test_an_item_is_a_post_without_its_body(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, body="word " * 1_000, tags=["a"])
    [item] = (await http.get(POSTS)).json()["items"]
    assert set(item) == FIELDS - {"body"}
    assert item == {name: value for name, value in post.items() if name != "body"}


async def test_the_newest_comes_first_unless_the_oldest_is_asked_for(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 3)
    assert await listed(http) == await listed(http, sort="newest") == made[::-1]
    assert await listed(http, sort="oldest") == made


async def test_the_order_is_that_of_publishing_not_of_writing(http: httpx.AsyncClient, ann: Caller) -> None:
    draft, post = await write(http, ann), await publish(http, ann)
    await http.post(f"{POSTS}/{draft['id']}/publish", headers=ann.headers)
    assert await listed(http) == [draft["id"], post["id"]]


async def test_a_page_has_twenty_items_unless_told_otherwise(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 21)
    assert await listed(http) == made[:0:-1]
    assert await listed(http, limit=1) == made[-1:]


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_walk_sees_each_post_once_whatever_the_size_of_a_page(
    http: httpx.AsyncClient, ann: Caller, sort: str
) -> None:
    made = await published(http, ann, 12)
    for limit in (1, 2, 3, 11, 12, 13, 100):
        assert await walk(http, sort=sort, limit=limit) == (made if sort == "oldest" else made[::-1])


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_posts_of_one_moment_are_all_seen(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime, sort: str
) -> None:
    made = await published(http, ann, 9)
    for post_id in made[2:7]:
        await at(runtime, post_id, BEGIN)
    for limit in (1, 2, 4):
        walked = await walk(http, sort=sort, limit=limit)
        assert (len(walked), set(walked)) == (9, set(made))


@pytest.mark.parametrize("sort", ["newest", "oldest"])
async def test_a_walk_among_new_posts_sees_each_that_was_there_once(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, sort: str
) -> None:
    made = await published(http, ann, 15)
    walks = [walk(http, sort=sort, limit=limit) for limit in (1, 4)]
    *walked_ids, _ = await asyncio.gather(*walks, published(http, bob, 40))
    for walked in walked_ids:
        assert len(walked) == len(set(walked))
        assert set(made) <= set(walked)


async def test_the_link_leads_on_with_the_same_filters(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 3)
    first = await http.get(POSTS, params={"limit": 2, "author": "ann", "sort": "oldest"})
    address, relation = first.headers["Link"].split("; ")
    second = await http.get(address.strip("<>"))
    assert (ids(first), relation, ids(second)) == (made[:2], 'rel="next"', made[2:])
    assert "Link" not in second.headers


async def test_an_author_is_found_by_name_and_by_id(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    [by_ann], [by_bob] = await published(http, ann, 1), await published(http, bob, 1)
    for author, post_id in ((ann, by_ann), (bob, by_bob)):
        assert await listed(http, author=author.user.username) == [post_id]
        assert await listed(http, author=str(author.user.id)) == [post_id]


@pytest.mark.parametrize("author", ["nobody", str(NOBODY), "ANN", "Ann ", "", "%", "é", "00000000"])
async def test_an_author_whom_nobody_knows_has_no_posts(http: httpx.AsyncClient, ann: Caller, author: str) -> None:
    await publish(http, ann)
    page = await http.get(POSTS, params={"author": author, "include_total": "true"})
    assert (page.status_code, page.json()) == (200, {"items": [], "next_cursor": None, "total": 0})


async def test_a_tag_finds_the_posts_that_carry_it(http: httpx.AsyncClient, ann: Caller) -> None:
    both, one = await publish(http, ann, tags=["a", "b"]), await publish(http, ann, tags=["a"])
    await publish(http, ann, tags=["a-b"])
    assert await listed(http, tag="a") == [one["id"], both["id"]]
    assert await listed(http, tag="b") == [both["id"]]
    assert await listed(http, tag="c") == []


async def test_an_edited_tag_finds_the_post_and_the_old_one_does_not(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, tags=["old"])
    await http.patch(f"{POSTS}/{post['id']}", json={"tags": ["new"]}, headers=ann.headers)
    assert (await listed(http, tag="old"), await listed(http, tag="new")) == ([], [post["id"]])


async def test_a_span_begins_with_its_first_moment_and_ends_before_its_last(
    http: httpx.AsyncClient, ann: Caller, runtime: Runtime
) -> None:
    made = await published(http, ann, 4)
    for day, post_id in enumerate(made):
        await at(runtime, post_id, BEGIN + timedelta(days=day))
    span = {"published_from": "2026-01-02T00:00:00Z", "published_to": "2026-01-04T00:00:00Z"}
    assert await listed(http, **span, sort="oldest") == made[1:3]
    assert await listed(http, published_from="2026-01-02T00:00:00.000001Z") == made[:1:-1]
    assert await listed(http, published_from="2026-01-02T01:00:00+01:00") == made[:0:-1]
    assert await listed(http, published_to="2026-01-01T00:00:00-00:00") == []
    assert await listed(http, published_from=span["published_to"], published_to=span["published_from"]) == []


async def test_filters_narrow_each_other_on_every_page_and_in_the_total(
    http: httpx.AsyncClient, ann: Caller, bob: Caller
) -> None:
    wanted = [(await publish(http, ann, tags=["a"]))["id"] for _ in range(3)]
    await publish(http, ann, tags=["b"])
    await publish(http, bob, tags=["a"])
    assert await walk(http, author="ann", tag="a", limit=1, sort="oldest") == wanted
    for limit in (1, 3):
        page = await http.get(POSTS, params={"author": "ann", "tag": "a", "limit": limit, "include_total": "true"})
        assert page.json()["total"] == 3
    assert "total" not in (await http.get(POSTS, params={"include_total": "false"})).json()


async def test_the_authors_of_a_page_are_asked_for_in_one_call(
    http: httpx.AsyncClient, users: Directory, ann: Caller, bob: Caller
) -> None:
    for author in (ann, bob, ann, bob):
        await publish(http, author)
    users.batches.clear()
    page = await http.get(POSTS)
    assert [each["author"]["name"] for each in page.json()["items"]] == ["Bob", "Ann", "Bob", "Ann"]
    assert users.batches == [{ann.user.id, bob.user.id}]


async def test_a_post_stays_listed_when_its_author_has_left(http: httpx.AsyncClient, ann: Caller) -> None:
    leaver = caller("Leaver")
    await publish(http, leaver)
    await publish(http, ann)
    assert [each["author"] and each["author"]["name"] for each in (await http.get(POSTS)).json()["items"]] == [
        "Ann",
        None,
    ]
    assert len(await listed(http, author=str(leaver.user.id))) == 1


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("limit", ["0", "101", "abc", "-1", "1.5", "1e2", "", " 1", "+1", "٣", "99999999999999999999"]),
        ("sort", ["top", "hottest", "Newest", "-newest", "", "published_at"]),
        ("tag", ["Not a tag", "x" * 51, "", "ä", "a,b", "a\n"]),
        ("author", ["x" * 37, "a\x00b"]),
        ("published_from", ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00 00:00", "yesterday", "", "0"]),
        ("published_to", ["2026-13-01T00:00:00Z", "1999-12-31T23:59:59Z", "2101-01-01T00:00:00Z", "1767225600"]),
        ("include_total", ["1", "yes", "", "TRUE"]),
        ("page", ["2"]),
        ("offset", ["0"]),
        ("LIMIT", ["1"]),
    ],
)
async def test_a_parameter_that_breaks_a_rule_is_pointed_at(
    http: httpx.AsyncClient, name: str, values: list[str]
) -> None:
    for value in values:
        assert pointers(await http.get(POSTS, params={name: value})) == {f"/query/{name}"}, value


async def test_everything_that_is_wrong_with_a_query_is_listed_at_once(http: httpx.AsyncClient) -> None:
    wrong_ones = {"limit": "0", "sort": "up", "tag": "Not a tag", "published_from": "2026-01-01", "q": "x"}
    assert pointers(await http.get(POSTS, params=wrong_ones)) == {f"/query/{name}" for name in wrong_ones}


async def test_a_parameter_is_given_once(http: httpx.AsyncClient) -> None:
    assert pointers(await http.get(f"{POSTS}?limit=1&limit=2")) == {"/query/limit"}


POSITION = (BEGIN, NOBODY)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "null",
        "e30",
        "W10",
        "\x00",
        "é",
        "x" * 5_000,
        encode_cursor(*POSITION),
        encode_cursor("newest", POSITION[1]),
        encode_cursor(POSITION[1]),
        encode_cursor("newest", *POSITION, 1),
        encode_cursor("newest", BEGIN.replace(tzinfo=None), POSITION[1]),
        encode_cursor("newest", BEGIN.replace(year=1999), POSITION[1]),
        encode_cursor("newest", "2026-01-01", POSITION[1]),
        encode_cursor("newest", BEGIN, "' OR 1=1 --"),
        encode_cursor("newest", *POSITION) + "=",
        encode_cursor("newest", *POSITION) + "A",
        encode_cursor("newest", *POSITION)[:-1],
        encode_cursor("newest", *POSITION).swapcase(),
        encode_cursor("oldest", *POSITION),
        encode_cursor("top", *POSITION),
    ],
)
async def test_a_cursor_of_anything_else_is_refused(http: httpx.AsyncClient, cursor: str) -> None:
    for others in ({}, {"author": "nobody"}):
        assert refusal(await http.get(POSTS, params={"cursor": cursor, **others})) == (400, "invalid_cursor")


async def test_a_cursor_belongs_to_the_order_that_it_was_made_for(http: httpx.AsyncClient, ann: Caller) -> None:
    await published(http, ann, 2)
    for sort, other in (("newest", "oldest"), ("oldest", "newest")):
        cursor = (await http.get(POSTS, params={"limit": 1, "sort": sort})).json()["next_cursor"]
        assert len(await listed(http, sort=sort, cursor=cursor)) == 1
        assert refusal(await http.get(POSTS, params={"sort": other, "cursor": cursor})) == (400, "invalid_cursor")


async def test_a_cursor_outlives_the_post_that_it_was_made_from(http: httpx.AsyncClient, ann: Caller) -> None:
    made = await published(http, ann, 4)
    cursor = (await http.get(POSTS, params={"limit": 2})).json()["next_cursor"]
    await http.post(f"{POSTS}/{made[2]}/archive", headers=ann.headers)
    assert await listed(http, cursor=cursor) == made[1::-1]


async def test_who_has_this_page_gets_no_body_until_it_changes(http: httpx.AsyncClient, ann: Caller) -> None:
    await publish(http, ann)
    known = {"If-None-Match": (await http.get(POSTS)).headers["ETag"]}
    assert (await http.get(POSTS, headers=known)).status_code == 304
    await publish(http, ann)
    assert (await http.get(POSTS, headers=known)).status_code == 200


async def test_a_list_is_the_same_for_everybody(http: httpx.AsyncClient, ann: Caller) -> None:
    await publish(http, ann)
    signed_out, signed_in = await http.get(POSTS), await http.get(POSTS, headers=ann.headers)
    assert signed_out.content == signed_in.content
    assert signed_in.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
