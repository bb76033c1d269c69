"""Reading one post, by id and by slug."""

import httpx
import pytest

from modules.users import User
from tests.callers import Caller, caller, person
from tests.posts.integration.conftest import People
from tests.posts.writing import POSTS, publish, write
from tests.problems import refusal


def addresses(post: dict[str, str]) -> list[str]:
    return [f"{POSTS}/{post['id']}", f"{POSTS}/by-slug/{post['slug']}"]


async def test_a_post_reads_the_same_by_id_and_by_slug(http: httpx.AsyncClient, ann: Caller) -> None:
    by_id, by_slug = [await http.get(address) for address in addresses(await publish(http, ann))]
    assert (by_id.status_code, by_id.content, by_id.headers["ETag"]) == (200, by_slug.content, by_slug.headers["ETag"])


async def test_a_published_post_may_be_cached_if_it_is_asked_for_again(http: httpx.AsyncClient, ann: Caller) -> None:
    for address in addresses(await publish(http, ann)):
        assert (await http.get(address)).headers["Cache-Control"] == "public, max-age=0, must-revalidate"


async def test_a_draft_is_never_cached(http: httpx.AsyncClient, ann: Caller) -> None:
    for address in addresses(await write(http, ann)):
        assert (await http.get(address, headers=ann.headers)).headers["Cache-Control"] == "no-store"


async def test_who_has_these_bytes_gets_no_body(http: httpx.AsyncClient, ann: Caller) -> None:
    for address in addresses(await publish(http, ann)):
        tag = (await http.get(address)).headers["ETag"]
        again = await http.get(address, headers={"If-None-Match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)


async def test_the_tag_names_the_version_and_the_bytes(http: httpx.AsyncClient, ann: Caller) -> None:
    first, second = [await http.get(f"{POSTS}/{(await publish(http, ann))['id']}") for _ in range(2)]
    version, _, digest = first.headers["ETag"].strip('"').partition("-")
    assert version == "1"
    assert digest not in second.headers["ETag"]


async def test_a_tag_is_of_no_use_once_the_author_has_another_name(
    http: httpx.AsyncClient, users: People, ann: Caller
) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    tag = (await http.get(address)).headers["ETag"]
    users.people[ann.user.id] = person("Anna", id=ann.user.id)
    renamed = await http.get(address, headers={"If-None-Match": tag})
    assert (renamed.status_code, renamed.json()["author"]["name"]) == (200, "Anna")


async def test_head_is_get_without_the_body(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    head, get = await http.head(address), await http.get(address)
    assert (head.status_code, head.content) == (200, b"")
    assert all(head.headers[name] == get.headers[name] for name in ("ETag", "Content-Length", "Content-Type"))


async def test_a_post_outlives_its_author(http: httpx.AsyncClient) -> None:
    leaver = caller("Leaver")
    post = await publish(http, leaver)
    assert post["author"] is None
    assert (await http.get(f"{POSTS}/{post['id']}")).json()["author"] is None


@pytest.mark.parametrize(
    "place",
    [
        "01990000-0000-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "not-an-id",
        "1",
        "by-slug/no-such-post",
        "by-slug/" + "x" * 121,
        "by-slug/%C3%A9",
        "by-slug/a%2Fb",
        "by-slug/%00",
        "by-slug/%FF",
        "by-slug",
        "by-slug/",
    ],
)
async def test_what_is_not_there_is_not_found(http: httpx.AsyncClient, place: str) -> None:
    assert refusal(await http.get(f"{POSTS}/{place}")) == (404, "not_found")


async def test_an_id_has_one_spelling(http: httpx.AsyncClient, ann: Caller) -> None:
    post_id = (await publish(http, ann))["id"]
    for spelling in (post_id.upper(), post_id.replace("-", ""), f"{{{post_id}}}", f"urn:uuid:{post_id}"):
        assert refusal(await http.get(f"{POSTS}/{spelling}")) == (404, "not_found")


async def test_a_slug_has_one_spelling(http: httpx.AsyncClient, ann: Caller) -> None:
    slug = (await publish(http, ann, title="Hello"))["slug"]
    for spelling in (slug.upper(), f"{slug}%20", f"%20{slug}", f"{slug}%25", "h_llo"):
        assert refusal(await http.get(f"{POSTS}/by-slug/{spelling}")) == (404, "not_found")


async def test_nothing_private_about_the_author_is_told(http: httpx.AsyncClient, ann: Caller) -> None:
    answer = await http.get(f"{POSTS}/{(await publish(http, ann))['id']}")
    author: User = ann.user
    assert author.email not in answer.text
    assert set(answer.json()["author"]) == {"id", "username", "name"}
