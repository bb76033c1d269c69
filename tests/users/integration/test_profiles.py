"""GET ``/users/{id}`` and ``/users/by-username/{username}``."""

import httpx
import pytest

from tests.callers import Caller
from tests.problems import refusal

USERS = "/api/v1/users"
PUBLIC = {"id", "username", "name", "bio", "followers_count", "following_count", "created_at"}


async def test_the_public_profile_has_these_fields_and_no_other(http: httpx.AsyncClient, ada: Caller) -> None:
    answer = await http.get(f"{USERS}/{ada.user.id}")
    assert (answer.status_code, answer.json().keys()) == (200, PUBLIC)


@pytest.mark.parametrize("whose", ["anonymous", "own", "other"])
async def test_the_address_is_shown_to_nobody(http: httpx.AsyncClient, ada: Caller, bob: Caller, whose: str) -> None:
    headers = {"anonymous": {}, "own": ada.headers, "other": bob.headers}[whose]
    answer = await http.get(f"{USERS}/{ada.user.id}", headers=headers)
    assert ada.user.email not in answer.text + str(answer.headers)


async def test_id_and_username_lead_to_the_same_bytes(http: httpx.AsyncClient, ada: Caller) -> None:
    by_id, by_username = await http.get(f"{USERS}/{ada.user.id}"), await http.get(f"{USERS}/by-username/ada")
    assert (by_id.content, by_id.headers["ETag"]) == (by_username.content, by_username.headers["ETag"])


async def test_everybody_gets_the_same_bytes(http: httpx.AsyncClient, ada: Caller, bob: Caller) -> None:
    addresses = [{}, ada.headers, bob.headers]
    assert len({(await http.get(f"{USERS}/{ada.user.id}", headers=headers)).content for headers in addresses}) == 1


@pytest.mark.parametrize("path", ["{id}", "by-username/ada"])
async def test_a_reader_who_has_these_bytes_gets_304(http: httpx.AsyncClient, ada: Caller, path: str) -> None:
    address = f"{USERS}/{path.format(id=ada.user.id)}"
    etag = (await http.get(address)).headers["ETag"]
    answer = await http.get(address, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "me/",
        "0",
        "-1",
        "0192f0c1",
        "0f0e8f0a-4b5e-4c7e-9d6b-1f2e3d4c5b6a",
        "01920000-0000-7000-8000-000000000001",
        "%00",
        "..",
        "me%2f",
    ],
)
async def test_an_id_of_nobody_is_404(http: httpx.AsyncClient, path: str) -> None:
    assert refusal(await http.get(f"{USERS}/{path}")) == (404, "not_found")


@pytest.mark.parametrize("spelled", [str.upper, "{{{}}}".format, "urn:uuid:{}".format, "{} ".format])
async def test_an_id_has_one_spelling(http: httpx.AsyncClient, ada: Caller, spelled: type[str]) -> None:
    assert refusal(await http.get(f"{USERS}/{spelled(str(ada.user.id))}")) == (404, "not_found")


@pytest.mark.parametrize("username", ["nobody", "ADA", "ad", "a" * 31, "ada%20", "%61da%00", "a_a", "ad%25", "😀"])
async def test_a_username_of_nobody_is_404(http: httpx.AsyncClient, ada: Caller, username: str) -> None:
    assert refusal(await http.get(f"{USERS}/by-username/{username}")) == (404, "not_found")


async def test_a_bad_token_is_refused_where_none_is_needed(http: httpx.AsyncClient, anyone: Caller) -> None:
    answer = await http.get(f"{USERS}/{anyone.user.id}", headers={"Authorization": "Bearer bad"})
    assert refusal(answer) == (401, "invalid_token")
