"""Lists of posts: which, and in what order."""

from datetime import timedelta

import httpx
import pytest

from kernel.runtime import Runtime
from tests.callers import Caller, caller
from tests.posts.integration.conftest import People
from tests.posts.integration.test_writing import FIELDS
from tests.posts.listing import BEGIN, NOBODY, at, listed, published, walk
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers


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


async def test_the_top_is_what_most_people_reacted_to(http: httpx.AsyncClient, ann: Caller, runtime: Runtime) -> None:
    made = await published(http, ann, 4)
    for post_id, count in zip(made, (1, 3, 0, 3), strict=True):
        await alter(runtime, post_id, reactions_count=count)
    assert await listed(http, sort="top") == [made[3], made[1], made[0], made[2]]
    assert await listed(http, sort="top", author="bob") == []


async def test_the_order_is_that_of_publishing_not_of_writing(http: httpx.AsyncClient, ann: Caller) -> None:
    draft, post = await write(http, ann), await publish(http, ann)
    await http.post(f"{POSTS}/{draft['id']}/publish", headers=ann.headers)
    assert await listed(http) == [draft["id"], post["id"]]


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
    http: httpx.AsyncClient, users: People, ann: Caller, bob: Caller
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
        ("sort", ["best", "hottest", "Newest", "-newest", "", "published_at"]),
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
