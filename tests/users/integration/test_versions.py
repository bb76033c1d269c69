"""Entity tags and preconditions on ``/users/me`` and on profiles."""

import asyncio
import re

import httpx
import pytest

from tests.callers import Caller
from tests.problems import refusal

ME = "/api/v1/users/me"

WRITES = [("PATCH", {"bio": "new"}), ("PUT", {"name": "Ada", "bio": "new", "username": "ada"})]
writes = pytest.mark.parametrize(("method", "form"), WRITES)


async def tag(http: httpx.AsyncClient, caller: Caller) -> str:
    """The present one of somebody's own profile."""
    etag: str = (await http.get(ME, headers=caller.headers)).headers["ETag"]
    return etag


async def test_a_tag_is_the_version_and_a_hash(http: httpx.AsyncClient, ada: Caller) -> None:
    assert re.fullmatch(r'"1-[0-9a-f]+"', await tag(http, ada))


@writes
async def test_an_edit_answers_with_the_new_tag(
    http: httpx.AsyncClient, ada: Caller, method: str, form: dict[str, str]
) -> None:
    answer = await http.request(method, ME, json=form, headers=ada.headers)
    assert answer.headers["ETag"] == await tag(http, ada)
    assert answer.headers["ETag"].startswith('"2-')


async def test_a_reader_who_has_these_bytes_gets_304_without_a_body(http: httpx.AsyncClient, ada: Caller) -> None:
    etag = await tag(http, ada)
    answer = await http.get(ME, headers={**ada.headers, "If-None-Match": etag})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize("form", ["*", "W/{}", '"x", {}', '{} , "1-0"'])
async def test_other_forms_of_if_none_match_name_it_too(http: httpx.AsyncClient, ada: Caller, form: str) -> None:
    etag = await tag(http, ada)
    answer = await http.get(ME, headers={**ada.headers, "If-None-Match": form.format(etag)})
    assert answer.status_code == 304


async def test_a_reader_of_an_older_version_gets_the_new_one(http: httpx.AsyncClient, ada: Caller) -> None:
    old = await tag(http, ada)
    await http.patch(ME, json={"bio": "new"}, headers=ada.headers)
    answer = await http.get(ME, headers={**ada.headers, "If-None-Match": old})
    assert (answer.status_code, answer.json()["bio"]) == (200, "new")


async def test_a_profile_has_a_new_tag_when_somebody_follows(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    address = f"/api/v1/users/{ada.user.id}"
    old = (await http.get(address)).headers["ETag"]
    await http.put(f"{address}/follow", headers=bob.headers)
    answer = await http.get(address, headers={"If-None-Match": old})
    assert (answer.status_code, answer.json()["followers_count"]) == (200, 1)


@writes
@pytest.mark.parametrize("form_of_tag", ["{}", "*", '"7-0", {}'])
async def test_an_edit_of_the_present_version_goes_through(
    http: httpx.AsyncClient, ada: Caller, method: str, form: dict[str, str], form_of_tag: str
) -> None:
    precondition = {"If-Match": form_of_tag.format(await tag(http, ada))}
    answer = await http.request(method, ME, json=form, headers={**ada.headers, **precondition})
    assert answer.status_code == 200


@writes
@pytest.mark.parametrize("given", ['"0-0"', '"2-0"', '"x"', 'W/"1-0"', "1-0", '""', "", '"99999999999999999999-0"'])
async def test_an_edit_of_any_other_version_is_refused(
    http: httpx.AsyncClient, ada: Caller, method: str, form: dict[str, str], given: str
) -> None:
    answer = await http.request(method, ME, json=form, headers={**ada.headers, "If-Match": given})
    assert refusal(answer) == (412, "precondition_failed")
    assert (await http.get(ME, headers=ada.headers)).json()["bio"] == ""


async def test_a_stale_patch_is_refused_even_if_it_changes_nothing(http: httpx.AsyncClient, ada: Caller) -> None:
    answer = await http.patch(ME, json={}, headers={**ada.headers, "If-Match": '"7-0"'})
    assert refusal(answer) == (412, "precondition_failed")


async def test_being_followed_does_not_make_an_edit_stale(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    etag = await tag(http, ada)
    await http.put(f"/api/v1/users/{ada.user.id}/follow", headers=bob.headers)
    answer = await http.patch(ME, json={"bio": "new"}, headers={**ada.headers, "If-Match": etag})
    assert answer.status_code == 200


@writes
async def test_of_many_edits_of_one_version_at_once_exactly_one_goes_through(
    http: httpx.AsyncClient, ada: Caller, method: str, form: dict[str, str]
) -> None:
    headers = {**ada.headers, "If-Match": await tag(http, ada)}
    edits = (http.request(method, ME, json={**form, "bio": f"{n}"}, headers=headers) for n in range(100))
    answers = await asyncio.gather(*edits)
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 99]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await http.get(ME, headers=ada.headers)).content == winner.content


async def test_without_a_precondition_no_edit_at_once_is_lost_or_refused(http: httpx.AsyncClient, ada: Caller) -> None:
    edits = (http.patch(ME, json={"bio": f"{n}"}, headers=ada.headers) for n in range(50))
    assert {answer.status_code for answer in await asyncio.gather(*edits)} == {200}
    assert (await tag(http, ada)).startswith('"51-')


async def test_what_is_private_is_not_stored_by_a_cache(http: httpx.AsyncClient, ada: Caller) -> None:
    answers = [
        await http.get(ME, headers=ada.headers),
        await http.patch(ME, json={"bio": "new"}, headers=ada.headers),
        await http.put(ME, json={"name": "Ada", "bio": "", "username": "ada"}, headers=ada.headers),
    ]
    assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


async def test_what_is_public_is_asked_for_again_by_every_cache(http: httpx.AsyncClient, ada: Caller) -> None:
    answer = await http.get(f"/api/v1/users/{ada.user.id}", headers=ada.headers)
    assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert "Vary" not in answer.headers
