"""Editing posts: what changes, what does not, and who was first."""

import asyncio
from typing import Any

import httpx
import pytest

from kernel.db import new_id
from tests.callers import Caller
from tests.posts.writing import POSTS, publish, write
from tests.problems import pointers, refusal

FORM: dict[str, Any] = {"title": "New", "body": "words", "tags": ["new"]}


async def test_what_is_sent_changes_and_the_rest_stays(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await write(http, ann, tags=["a"])
    changed = await http.patch(f"{POSTS}/{post['id']}", json={"title": "New"}, headers=ann.headers)
    assert changed.status_code == 200
    new = {"title": "New", "version": 2, "updated_at": changed.json()["updated_at"]}
    assert changed.json() == {**post, **new}
    assert changed.json()["updated_at"] > post["updated_at"]


async def test_a_changed_post_reads_as_the_change_was_answered(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    for method, path in (("PATCH", ""), ("PUT", ""), ("POST", "/archive")):
        changed = await http.request(method, address + path, json=None if path else FORM, headers=ann.headers)
        known = {**ann.headers, "If-None-Match": changed.headers["ETag"]}
        assert (await http.get(address, headers=known)).status_code == 304


async def test_the_address_of_a_post_outlives_its_title(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await publish(http, ann, title="Old")
    await http.patch(f"{POSTS}/{post['id']}", json={"title": "New"}, headers=ann.headers)
    assert (await http.get(f"{POSTS}/by-slug/old")).json()["title"] == "New"


async def test_every_change_counts_once(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    for version in range(2, 6):
        form = {"title": f"Title {version}", "body": f"Body {version}", "tags": [f"tag-{version}"]}
        assert (await http.put(address, json=form, headers=ann.headers)).json()["version"] == version


@pytest.mark.parametrize("form", [{}, {"title": "Hi"}, {"tags": ["b", "a"]}, {"tags": ["b", "a", "b"]}], ids=str)
async def test_a_change_that_changes_nothing_leaves_no_trace(
    http: httpx.AsyncClient, ann: Caller, form: dict[str, Any]
) -> None:
    post = await write(http, ann, title="Hi", tags=["b", "a"])
    same = await http.patch(f"{POSTS}/{post['id']}", json=form, headers=ann.headers)
    assert (same.status_code, same.json()) == (200, post)


async def test_tags_can_be_taken_away_and_reordered(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann, tags=['a', 'b']))['id']}"
    for tags in (["b", "a"], []):
        assert (await http.patch(address, json={"tags": tags}, headers=ann.headers)).json()["tags"] == tags


async def test_a_replacement_replaces_everything(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await write(http, ann, tags=["old"])
    replaced = await http.put(f"{POSTS}/{post['id']}", json=FORM, headers=ann.headers)
    assert (replaced.status_code, {name: replaced.json()[name] for name in FORM}) == (200, FORM)


@pytest.mark.parametrize("missing", FORM)
async def test_a_replacement_needs_every_field(http: httpx.AsyncClient, ann: Caller, missing: str) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    form = {name: value for name, value in FORM.items() if name != missing}
    assert pointers(await http.put(address, json=form, headers=ann.headers)) == {f"/body/{missing}"}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize(
    "name", ["id", "slug", "status", "author_id", "version", "published_at", "reactions", "created_at", "updated_at"]
)
async def test_only_title_body_and_tags_can_be_edited(
    http: httpx.AsyncClient, ann: Caller, method: str, name: str
) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    refused = await http.request(method, address, json={**FORM, name: "x"}, headers=ann.headers)
    assert pointers(refused) == {f"/body/{name}"}


async def test_a_change_has_to_keep_every_rule_of_writing(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    form = {"title": None, "body": "", "tags": ["ok", "Not ok"]}
    for method in ("PATCH", "PUT"):
        refused = await http.request(method, address, json=form, headers=ann.headers)
        assert pointers(refused) == {"/body/title", "/body/body", "/body/tags/1"}


async def test_a_change_based_on_the_present_version_is_made(http: httpx.AsyncClient, ann: Caller) -> None:
    post = await write(http, ann)
    tag = (await http.get(f"{POSTS}/{post['id']}", headers=ann.headers)).headers["ETag"]
    for given in (tag, "*", f'"7-f", {tag}', '"1-of-other-bytes"'):
        headers = {**ann.headers, "If-Match": given}
        assert (await http.patch(f"{POSTS}/{post['id']}", json={}, headers=headers)).status_code == 200


@pytest.mark.parametrize("given", ['"2-f"', '"0-f"', '"1"', '"abc"', 'W/"1-f"', "1-f", "", '"99999999999999999999-f"'])
async def test_a_change_based_on_another_version_is_refused(http: httpx.AsyncClient, ann: Caller, given: str) -> None:
    address = f"{POSTS}/{(await publish(http, ann))['id']}"
    headers = {**ann.headers, "If-Match": given}
    for refused in (
        await http.patch(address, json={"title": "New"}, headers=headers),
        await http.put(address, json=FORM, headers=headers),
        await http.post(f"{address}/archive", headers=headers),
        await http.post(f"{address}/publish", headers=headers),
    ):
        assert refusal(refused) == (412, "precondition_failed")
    assert (await http.get(address)).json()["version"] == 1


async def test_of_a_hundred_who_build_on_one_version_one_wins(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    tag = (await http.get(address, headers=ann.headers)).headers["ETag"]
    headers = {**ann.headers, "If-Match": tag}
    answers = await asyncio.gather(
        *(http.patch(address, json={"title": f"Title {n}"}, headers=headers) for n in range(100))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + 99 * [412]
    [winner] = [answer for answer in answers if answer.status_code == 200]
    found = await http.get(address, headers=ann.headers)
    assert (found.content, found.json()["version"]) == (winner.content, 2)


async def test_changes_without_a_version_all_count(http: httpx.AsyncClient, ann: Caller) -> None:
    address = f"{POSTS}/{(await write(http, ann))['id']}"
    answers = await asyncio.gather(
        *(http.patch(address, json={"title": f"Title {n}"}, headers=ann.headers) for n in range(20))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["version"] for answer in answers} == set(range(2, 22))


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_what_is_not_there_cannot_be_edited(http: httpx.AsyncClient, ann: Caller, method: str) -> None:
    for place in (str(new_id()), "not-an-id"):
        answer = await http.request(method, f"{POSTS}/{place}", json=FORM, headers=ann.headers)
        assert refusal(answer) == (404, "not_found")
