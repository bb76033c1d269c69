"""Full-text search: what is found, in which order, and that nothing that is typed is more than words."""

import re

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.runtime import Runtime
from tests.callers import Caller
from tests.posts.listing import ids
from tests.posts.writing import POSTS, alter, publish, write
from tests.problems import pointers, refusal

SEARCH = f"{POSTS}/search"

ODD = (
    *("%", "_", "%%%", "a%b", '"', "'", "''", "\\", '"unfinished', "(", ")", "()", "!", "&", "|", "<->", ":*", "a:*"),
    *("--", "; DROP TABLE posts", "' OR 1=1 --", "$1", ":q", "%(q)s", "{}", "*", "?", "+", "-folding", "not folding"),
    *("🙂", "🙂🙂 folding", "\x02", "\x03folding", "\u202e", "\ufeff", "ﬁ", "\t\n ", " ", "a\u0301", "\ud7ff", "NULL"),
    *("x" * 200, "x " * 100, "& " * 100, "🙂" * 200, "http://a.b/c?d=e&f", "a@b.c", "-1.5e10", "1/2", "<b>", "a-b-c"),
)


async def search(http: httpx.AsyncClient, q: str) -> list[str]:
    return ids(await http.get(SEARCH, params={"q": q}))


async def highlights(http: httpx.AsyncClient, q: str) -> dict[str, str]:
    """Of the only post that is found."""
    (item,) = (await http.get(SEARCH, params={"q": q})).json()["items"]
    found: dict[str, str] = item["highlights"]
    return found


async def test_words_are_found_in_title_tags_and_body(http: httpx.AsyncClient, ann: Caller) -> None:
    title = await publish(http, ann, title="Folding a quire", body="x")
    tag = await publish(http, ann, title="T", body="x", tags=["quire", "machine-made"])
    body = await publish(http, ann, title="T", body="Four sheets make a QUIRE, folded once.")
    assert await search(http, "quire") == [title["id"], tag["id"], body["id"]]
    assert await search(http, "Quire folding") == [title["id"]]
    assert await search(http, "machine") == await search(http, "machine-made") == [tag["id"]]
    assert await search(http, "quires") == []


async def test_a_result_is_an_item_of_a_list_with_highlights(http: httpx.AsyncClient, ann: Caller) -> None:
    await publish(http, ann, title="Folding a quire", body="Fold the quire & sew it.")
    listed = (await http.get(POSTS)).json()["items"][0]
    answer = await http.get(SEARCH, params={"q": "quire"})
    (item,) = answer.json()["items"]
    assert item.pop("highlights") == {
        "title": "Folding a <mark>quire</mark>",
        "body": "Fold the <mark>quire</mark> &amp; sew it",
    }
    assert item == listed
    again = await http.get(SEARCH, params={"q": "quire"}, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, answer.headers["Cache-Control"]) == (304, "public, max-age=0, must-revalidate")


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("Häuser am Fluß", "HÄUSER"),
        ("Привет, мир", "привет"),
        ("Καλημέρα κόσμε", "κόσμε"),
        ("l'été est là", "été"),
        ("The Who at 100%", "the who"),
        ("snake_case rules", "snake_case"),
        ("it costs 100% more", "100%"),
        ("write to ada@example.org", "ada@example.org"),
    ],
)
async def test_every_language_is_found_as_it_is_written(
    http: httpx.AsyncClient, ann: Caller, text: str, q: str
) -> None:
    post = await publish(http, ann, body=text)
    assert await search(http, q) == [post["id"]]
    assert "<mark>" in (await highlights(http, q))["body"]


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("either and/or both", "or", "either and/<mark>or</mark> both"),
        ("either and/or both", "and/or", "either <mark>and</mark>/<mark>or</mark> both"),
        ("the end.Start again", "start", "the end.<mark>Start</mark> again"),
        ("see part-2 first", "2", "see part-<mark>2</mark> first"),
        ("see part-2 first", "part", "see <mark>part</mark>-2 first"),
        ("a well-known one", "known", "a well-<mark>known</mark> one"),
        ("in /usr/bin/env then", "bin", "in /usr/<mark>bin</mark>/env then"),
        ("at ada@example.org", "ada", "at <mark>ada</mark>@example.org"),
        ("pi is 3.14 or so", "14", "pi is 3.<mark>14</mark> or so"),
        ("if a<b>c holds", "b", "if a&lt;<mark>b</mark>&gt;c holds"),
        ("R&amp;D is dear", "d", "R&amp;amp;<mark>D</mark> is dear"),
        ("he said “fold it” then", "fold", "he said “<mark>fold</mark> it” then"),
        ("don\u2019t fold—sew", "sew don't", "<mark>don</mark>\u2019<mark>t</mark> fold—<mark>sew</mark>"),
        ("then launch🚀day came", "launch", "then <mark>launch</mark>🚀day came"),
        ("oye ¿qué pasa aquí", "Qué", "oye ¿<mark>qué</mark> pasa aquí"),
        ("他说你好\uff0c世界\uff1a早", "世界", "他说你好\uff0c<mark>世界</mark>\uff1a早"),
        ("a\u2009thin\u3000wide gap", "thin wide", "a\u2009<mark>thin</mark>\u3000<mark>wide</mark> gap"),
    ],
)
async def test_words_that_are_joined_are_found_each_by_itself(
    http: httpx.AsyncClient, ann: Caller, text: str, q: str, marked: str
) -> None:
    post = await publish(http, ann, title=text, body=text)
    assert await search(http, q) == [post["id"]]
    assert await highlights(http, q) == {"title": marked, "body": marked}


async def test_operators_are_words(http: httpx.AsyncClient, ann: Caller) -> None:
    both, one = await publish(http, ann, body="cats or dogs"), await publish(http, ann, body="cats")
    assert await search(http, "cats") == [one["id"], both["id"]]
    assert await search(http, "cats or dogs") == [both["id"]]
    assert await search(http, "cats -dogs") == [both["id"]]
    assert await search(http, '"dogs cats"') == [both["id"]]
    assert await search(http, "!dogs") == [both["id"]]
    for wildcard in ("%", "_", "ca%", "cat_", "c*", "*", "ca:*", "."):
        assert await search(http, wildcard) == []


@pytest.mark.parametrize("q", ODD)
async def test_odd_queries_are_answered(http: httpx.AsyncClient, ann: Caller, q: str) -> None:
    await publish(http, ann, title="Folding", body=f"folding {q}", tags=["a"])
    answer = await http.get(SEARCH, params={"q": q})
    assert answer.status_code == 200, answer.text
    for item in answer.json()["items"]:
        assert re.sub("</?mark>", "", item["highlights"]["title"]) == "Folding"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(q=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=200))
async def test_whatever_is_typed_is_answered(http: httpx.AsyncClient, q: str) -> None:
    assert (await http.get(SEARCH, params={"q": q})).status_code == 200


@pytest.mark.parametrize("query", ["", "q=", f"q={'x' * 201}", "q=a%00b", "q=%ff"])
async def test_a_query_has_its_limits(http: httpx.AsyncClient, query: str) -> None:
    assert pointers(await http.get(f"{SEARCH}?{query}")) == {"/query/q"}


async def test_what_an_author_wrote_is_never_markup(http: httpx.AsyncClient, ann: Caller) -> None:
    forged = "\x02<mark>\x03 <script>alert('quire')</script> \"quire\" & </mark> <img src=x onerror=quire>"
    await publish(http, ann, title=forged, body=forged)
    for text in (await highlights(http, "quire")).values():
        assert "<mark>quire</mark>" in text
        assert re.fullmatch(r"[^<>\x02\x03]*", re.sub("<mark>quire</mark>", "", text))


@pytest.mark.parametrize("pages", [1, 10])
async def test_fragments_come_from_the_middle_of_a_long_body(http: httpx.AsyncClient, ann: Caller, pages: int) -> None:
    padding = "nothing to see here " * 150 * pages
    await publish(http, ann, body=f"{padding} the Needle lies here {padding}")
    fragment = (await highlights(http, "the needle"))["body"]
    assert "<mark>the</mark> <mark>Needle</mark>" in fragment
    assert len(fragment) < 500


async def test_the_largest_body_is_taken_and_found(http: httpx.AsyncClient, ann: Caller) -> None:
    words = (chr(0x20000 + n % 40_000) + chr(0x20000 + n * 7 % 40_000) for n in range(33_333))
    post = await publish(http, ann, body=f"needle {'-'.join(words)}"[:100_000])
    assert await search(http, "needle") == [post["id"]]


async def test_drafts_and_deleted_posts_never_appear(http: httpx.AsyncClient, ann: Caller, runtime: Runtime) -> None:
    await write(http, ann, title="needle")
    posts = {status: await publish(http, ann, title="needle") for status in ("draft", "scheduled", "archived")}
    for status, post in posts.items():
        await alter(runtime, post["id"], status=status)
    gone = await publish(http, ann, title="needle")
    assert await search(http, "needle") == [gone["id"]]
    await http.delete(f"{POSTS}/{gone['id']}", headers=ann.headers)
    answer = await http.get(SEARCH, params={"q": "needle"}, headers=ann.headers)
    assert ids(answer) == []


async def test_an_edit_is_searched_at_once(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, title="before", tags=["old"])
    change = {"title": "after", "body": "since", "tags": ["new"]}
    await http.patch(f"{POSTS}/{post['id']}", json=change, headers=ann.headers)
    for q, found in (("before", 0), ("there", 0), ("old", 0), ("after", 1), ("since", 1), ("new", 1)):
        assert await search(http, q) == [post["id"]] * found


async def test_results_come_in_pages_that_are_stable_while_people_publish(http: httpx.AsyncClient, ann: Caller) -> None:
    best = (await publish(http, ann, title="needle needle", body="needle"))["id"]
    rest = [(await publish(http, ann, body="a needle"))["id"] for _ in range(4)]
    page = await http.get(SEARCH, params={"q": "needle", "limit": 2})
    await publish(http, ann, title="needle needle needle", body="needle")
    found = ids(page)
    while cursor := page.json()["next_cursor"]:
        page = await http.get(SEARCH, params={"q": "needle", "limit": 2, "cursor": cursor})
        found += ids(page)
    assert found == [best, *rest[::-1]]


async def test_a_cursor_belongs_to_its_query(http: httpx.AsyncClient, ann: Caller) -> None:
    for _ in range(2):
        await publish(http, ann, body="needle thread")
    cursor = (await http.get(SEARCH, params={"q": "needle", "limit": 1})).json()["next_cursor"]
    for parameters in ({"q": "thread", "cursor": cursor}, {"q": "needle", "cursor": "x"}):
        assert refusal(await http.get(SEARCH, params=parameters)) == (400, "invalid_cursor")
