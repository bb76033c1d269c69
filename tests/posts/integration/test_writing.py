"""Writing posts: what is taken, what comes back."""

import asyncio
import json
import re

import httpx
import pytest

from kernel.runtime import Runtime
from modules.posts import PostPublished
from tests.callers import Caller
from tests.posts.writing import POSTS, publish, write
from tests.problems import pointers, refusal

FIELDS = {
    "id",
    "slug",
    "title",
    "body",
    "excerpt",
    "tags",
    "status",
    "author",
    "reactions",
    "comments_count",
    "version",
    "created_at",
    "updated_at",
    "published_at",
    "scheduled_for",
}
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"
SLUG = "[a-z0-9]+(-[a-z0-9]+)*"


async def post(http: httpx.AsyncClient, author: Caller, form: object) -> httpx.Response:
    return await http.post(POSTS, json=form, headers=author.headers)


async def test_a_new_post_has_an_address_where_it_reads_the_same(http: httpx.AsyncClient, ann: Caller) -> None:
    created = await post(http, ann, {"title": "Hi", "body": "there"})
    assert created.status_code == 201
    assert created.headers["Location"] == f"{POSTS}/{created.json()['id']}"
    found = await http.get(created.headers["Location"], headers=ann.headers)
    assert (found.status_code, found.content) == (200, created.content)
    assert found.headers["ETag"] == created.headers["ETag"]


async def test_a_new_post_is_a_draft_with_exactly_these_fields(http: httpx.AsyncClient, ann: Caller) -> None:
    draft = await write(http, ann, title="Hi", body="there")
    assert set(draft) == FIELDS
    assert draft["author"] == {"id": str(ann.user.id), "username": "ann", "name": "Ann"}
    expected = {
        "slug": "hi",
        "title": "Hi",
        "body": "there",
        "excerpt": "there",
        "tags": [],
        "status": "draft",
        "reactions": {},
        "comments_count": 0,
        "version": 1,
        "published_at": None,
        "scheduled_for": None,
    }
    assert {name: draft[name] for name in expected} == expected
    assert re.fullmatch(MOMENT, draft["created_at"])
    assert draft["updated_at"] == draft["created_at"]


async def test_a_post_may_be_public_at_once(
    http: httpx.AsyncClient, ann: Caller, published: list[PostPublished]
) -> None:
    post = await publish(http, ann)
    assert (post["status"], post["published_at"]) == ("published", post["created_at"])
    assert [(str(event.post_id), event.author_id) for event in published] == [(post["id"], ann.user.id)]


async def test_a_draft_is_nobody_elses_business(
    http: httpx.AsyncClient, ann: Caller, published: list[PostPublished]
) -> None:
    await write(http, ann)
    assert published == []


async def test_nobody_writes_without_signing_in(http: httpx.AsyncClient) -> None:
    refused = await http.post(POSTS, json={"title": "Hi", "body": "there"})
    assert refusal(refused) == (401, "not_authenticated")
    assert refused.headers["WWW-Authenticate"] == "Bearer"


async def test_fifty_posts_of_one_title_at_once_get_fifty_slugs(http: httpx.AsyncClient, ann: Caller) -> None:
    written = await asyncio.gather(*(write(http, ann, title="Same title") for _ in range(50)))
    slugs = {post["slug"] for post in written}
    assert len(slugs) == 50
    assert "same-title" in slugs
    assert all(re.fullmatch(r"same-title(-[0-9a-f]+)?", slug) for slug in slugs)


@pytest.mark.parametrize(
    "title",
    [
        "😀" * 200,
        "你好世界",
        "日" * 200,
        "x" * 200,
        " ",
        "\t",
        "؀",
        "&#99999999999;",
        "%2e%2e/",
        "'; DROP TABLE posts; --",
    ],
)
async def test_any_title_gets_a_slug_that_finds_it(http: httpx.AsyncClient, ann: Caller, title: str) -> None:
    first, second = await publish(http, ann, title=title), await publish(http, ann, title=title)
    assert first["slug"] != second["slug"]
    for post in (first, second):
        assert re.fullmatch(SLUG, post["slug"])
        assert (await http.get(f"{POSTS}/by-slug/{post['slug']}")).json() == post


@pytest.mark.parametrize(
    "text",
    [
        "  leading and trailing \r\n\t ",
        "e\u0301 is not é, ﬁ is not fi, Å is not Å",
        '"quotes", \\ backslashes, </script>, {{ braces }}, %s, \u2028, \u202e, \ufeff',
        "👩‍👩‍👧‍👦 and 🇩🇪 and \U0010ffff and \ufffe",
        'at 12:00:00Z" or "2026-01-31T12:00:00+02:00"',
        "\u0001\u001f\u007f\u0085",
    ],
)
async def test_text_comes_back_as_it_was(http: httpx.AsyncClient, ann: Caller, text: str) -> None:
    for as_ascii in (True, False):
        form = json.dumps({"title": text, "body": text}, ensure_ascii=as_ascii).encode()
        headers = {**ann.headers, "Content-Type": "application/json"}
        created = await http.post(POSTS, content=form, headers=headers)
        assert (created.json()["title"], created.json()["body"]) == (text, text)
        found = (await http.get(created.headers["Location"], headers=ann.headers)).json()
        assert (found["title"], found["body"]) == (text, text)


async def test_tags_keep_their_order_and_lose_their_twins(http: httpx.AsyncClient, ann: Caller) -> None:
    assert (await write(http, ann, tags=["b", "a", "b", "-", "0"]))["tags"] == ["b", "a", "-", "0"]


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x"},
        {"title": "😀" * 200},
        {"body": "x"},
        {"body": "😀" * 100_000},
        {"tags": ["x" * 50]},
        {"tags": [str(n) for n in range(10)]},
        {"tags": []},
        {"status": "draft"},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_what_just_fits_is_taken_whole(http: httpx.AsyncClient, ann: Caller, fields: dict[str, object]) -> None:
    written = await write(http, ann, **fields)
    assert {name: written[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"title": ""}, "/body/title"),
        ({"title": "x" * 201}, "/body/title"),
        ({"title": "😀" * 201}, "/body/title"),
        ({"title": None}, "/body/title"),
        ({"title": 1}, "/body/title"),
        ({"title": "nul \x00"}, "/body/title"),
        ({"body": ""}, "/body/body"),
        ({"body": "x" * 100_001}, "/body/body"),
        ({"body": ["x"]}, "/body/body"),
        ({"tags": [str(n) for n in range(11)]}, "/body/tags"),
        ({"tags": ["a"] * 11}, "/body/tags"),
        ({"tags": ["a", "b", "c", "Not a tag"]}, "/body/tags/3"),
        ({"tags": ["x" * 51]}, "/body/tags/0"),
        ({"tags": [""]}, "/body/tags/0"),
        ({"tags": ["a_b"]}, "/body/tags/0"),
        ({"tags": ["ä"]}, "/body/tags/0"),
        ({"tags": ["a\n"]}, "/body/tags/0"),
        ({"tags": ["a,b"]}, "/body/tags/0"),
        ({"tags": [None]}, "/body/tags/0"),
        ({"tags": "a"}, "/body/tags"),
        ({"tags": None}, "/body/tags"),
        ({"tags": {"a": 1}}, "/body/tags"),
        ({"status": "archived"}, "/body/status"),
        ({"status": "scheduled"}, "/body/status"),
        ({"status": None}, "/body/status"),
        ({"stauts": "draft"}, "/body/stauts"),
    ],
    ids=str,
)
async def test_what_breaks_a_rule_is_pointed_at(
    http: httpx.AsyncClient, ann: Caller, fields: dict[str, object], pointer: str
) -> None:
    assert pointers(await post(http, ann, {"title": "Hi", "body": "there", **fields})) == {pointer}


@pytest.mark.parametrize(
    "name",
    [
        *("id", "slug", "excerpt", "author", "author_id", "user_id", "reactions", "comments_count", "version"),
        *("created_at", "updated_at", "published_at", "scheduled_for", "deleted_at", "is_superuser"),
    ],
)
async def test_nobody_decides_what_is_not_theirs_to_decide(http: httpx.AsyncClient, ann: Caller, name: str) -> None:
    assert pointers(await post(http, ann, {"title": "Hi", "body": "there", name: "x"})) == {f"/body/{name}"}


async def test_everything_that_is_wrong_is_listed_at_once(http: httpx.AsyncClient, ann: Caller) -> None:
    form = {"title": "", "tags": ["ok", "Not ok", "fine", "not fine"], "status": "gone", "version": 7}
    assert pointers(await post(http, ann, form)) == {
        "/body/title",
        "/body/body",
        "/body/tags/1",
        "/body/tags/3",
        "/body/status",
        "/body/version",
    }


@pytest.mark.parametrize("form", ["[]", '"text"', "1", "null", '[{"title": "Hi", "body": "there"}]'])
async def test_a_post_is_an_object(http: httpx.AsyncClient, ann: Caller, form: str) -> None:
    headers = {**ann.headers, "Content-Type": "application/json"}
    assert pointers(await http.post(POSTS, content=form, headers=headers)) == {"/body"}


async def test_a_refused_post_leaves_nothing(http: httpx.AsyncClient, ann: Caller, runtime: Runtime) -> None:
    await post(http, ann, {"title": "Hi", "body": "there", "status": "archived"})
    listed = await http.get(POSTS, params={"include_total": True})
    assert listed.json() == {"items": [], "next_cursor": None, "total": 0}
