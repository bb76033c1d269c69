"""Lists of people: for administrators, and who follows whom."""

from typing import Any

import httpx
import pytest

from kernel.db import new_id, utc_now
from tests.callers import Caller
from tests.problems import pointers, refusal, violations
from tests.users.integration.conftest import Join, Mark

USERS = "/api/v1/users"
AN_ID = "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"
STATE = f"{USERS}/viewer-state"


async def walk(http: httpx.AsyncClient, path: str, who: Caller, **query: Any) -> list[dict[str, Any]]:  # Any: JSON
    """All items of a list, two at a time."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await http.get(path, params={"limit": 2, **query, **cursor}, headers=who.headers)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


@pytest.fixture
async def crowd(join: Join, mark: Mark, admin: Caller) -> list[Caller]:
    """Five people whose names sort as they are listed; two have one name."""
    people = [
        await join(name, email=f"{name}_{n}@example.org") for n, name in enumerate(["Al", "Bo", "Bo", "Cy", "Di"])
    ]
    await mark(people[1], roles=["moderator"])
    await mark(people[2], is_active=False)
    await mark(people[3], is_superuser=True)
    return people


async def test_a_list_goes_on_after_the_longest_address_and_name_of_all(
    http: httpx.AsyncClient, admin: Caller, join: Join
) -> None:
    for number in range(4):
        await join("\U00020000" * 100, email=f"{number}{chr(0x20000) * 241}@example.org")
    for sort in ("email", "-email", "name", "-name"):
        assert len(await walk(http, USERS, admin, sort=sort)) == 5


@pytest.mark.parametrize("sort", ["created_at", "email", "name"])
async def test_a_list_is_sorted_up_and_down_page_by_page(
    http: httpx.AsyncClient, admin: Caller, crowd: list[Caller], sort: str
) -> None:
    up = await walk(http, USERS, admin, sort=sort)
    down = await walk(http, USERS, admin, sort=f"-{sort}")
    assert [user["id"] for user in up] == [user["id"] for user in reversed(down)]
    assert len({user["id"] for user in up}) == 6
    assert [user[sort] for user in up] == sorted(user[sort] for user in up)


async def test_a_cursor_belongs_to_its_order(http: httpx.AsyncClient, admin: Caller, crowd: list[Caller]) -> None:
    page = await http.get(USERS, params={"sort": "name", "limit": 2}, headers=admin.headers)
    query = {"sort": "-name", "cursor": page.json()["next_cursor"]}
    assert refusal(await http.get(USERS, params=query, headers=admin.headers)) == (400, "invalid_cursor")
    assert violations(await http.get(USERS, params={"sort": "bio"}, headers=admin.headers)) == {
        ("/query/sort", "invalid_choice")
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "BO"}, [1, 2]),
        ({"q": "al_0@"}, [0]),
        ({"role": "moderator"}, [1]),
        ({"role": "king"}, []),
        ({"is_active": "false"}, [2]),
        ({"is_superuser": "true"}, [3]),
        ({"q": "bo", "is_active": "true", "role": "moderator"}, [1]),
        ({"q": "%"}, []),
        ({"q": "A_"}, []),
        ({"q": "o\\"}, []),
        ({"created_to": "2020-01-01T00:00:00Z"}, []),
        ({"created_from": "2020-01-01T00:00:00Z", "q": "cy"}, [3]),
    ],
)
async def test_filters_narrow_a_list_and_its_total(
    http: httpx.AsyncClient, admin: Caller, crowd: list[Caller], query: dict[str, str], found: list[int]
) -> None:
    answer = await http.get(USERS, params={"sort": "email", "include_total": "true", **query}, headers=admin.headers)
    assert [user["id"] for user in answer.json()["items"]] == [str(crowd[place].user.id) for place in found]
    assert answer.json()["total"] == len(found)


async def test_an_account_in_a_list_is_all_of_it_and_for_no_cache(
    http: httpx.AsyncClient, admin: Caller, ada: Caller
) -> None:
    answer = await http.get(USERS, params={"q": ada.user.email}, headers=admin.headers)
    mine = await http.get(f"{USERS}/me", headers=ada.headers)
    assert answer.json()["items"] == [mine.json()]
    assert answer.headers["Cache-Control"] == "no-store"
    known = {**admin.headers, "If-None-Match": answer.headers["ETag"]}
    assert (await http.get(USERS, params={"q": ada.user.email}, headers=known)).status_code == 304


async def follow(http: httpx.AsyncClient, follower: Caller, followee: Caller) -> None:
    assert (await http.put(f"{USERS}/{followee.user.id}/follow", headers=follower.headers)).status_code == 204


async def test_follows_are_listed_newest_first(
    http: httpx.AsyncClient, anyone: Caller, ada: Caller, crowd: list[Caller]
) -> None:
    for person in crowd:
        await follow(http, person, ada)
        await follow(http, ada, person)
    expected = [str(person.user.id) for person in reversed(crowd)]
    for side in ("followers", "following"):
        listed = await walk(http, f"{USERS}/{ada.user.id}/{side}", anyone)
        assert [person["id"] for person in listed] == expected
        for profile in listed:
            assert profile == (await http.get(f"{USERS}/{profile['id']}")).json()


async def test_a_list_of_follows_is_public_and_known_by_its_tag(
    http: httpx.AsyncClient, ada: Caller, bob: Caller
) -> None:
    await follow(http, bob, ada)
    path = f"{USERS}/{ada.user.id}/followers"
    answer = await http.get(path)
    assert answer.headers["Cache-Control"].startswith("public")
    assert (await http.get(path, headers={"If-None-Match": answer.headers["ETag"]})).status_code == 304
    await http.delete(f"{USERS}/{ada.user.id}/follow", headers=bob.headers)
    assert (await http.get(path, headers={"If-None-Match": answer.headers["ETag"]})).json()["items"] == []


async def test_who_has_asked_to_be_erased_is_in_no_list(
    http: httpx.AsyncClient, admin: Caller, ada: Caller, bob: Caller, mark: Mark
) -> None:
    await follow(http, bob, ada)
    await follow(http, ada, bob)
    await mark(bob, deletion_requested_at=utc_now())
    for path in (f"{USERS}/{ada.user.id}/followers", f"{USERS}/{ada.user.id}/following"):
        assert (await http.get(path)).json()["items"] == []
    listed = await walk(http, USERS, admin)
    assert str(bob.user.id) not in {user["id"] for user in listed}


@pytest.mark.parametrize("side", ["followers", "following"])
async def test_nobody_s_follows_are_not_there(http: httpx.AsyncClient, side: str) -> None:
    assert refusal(await http.get(f"{USERS}/{new_id()}/{side}")) == (404, "not_found")


async def test_a_cursor_belongs_to_its_side(http: httpx.AsyncClient, ada: Caller, crowd: list[Caller]) -> None:
    for person in crowd:
        await follow(http, person, ada)
    page = await http.get(f"{USERS}/{ada.user.id}/followers?limit=2")
    other = await http.get(f"{USERS}/{ada.user.id}/following", params={"cursor": page.json()["next_cursor"]})
    assert refusal(other) == (400, "invalid_cursor")


async def test_the_viewer_sees_what_is_between_them_and_others(
    http: httpx.AsyncClient, ada: Caller, bob: Caller, join: Join
) -> None:
    cy, nobody = await join("Cy"), str(new_id())
    await follow(http, ada, bob)
    await follow(http, bob, ada)
    await follow(http, cy, ada)
    ids = [str(bob.user.id), str(cy.user.id), nobody]
    expected = {
        ids[0]: {"following": True, "followed_by": True},
        ids[1]: {"following": False, "followed_by": True},
        ids[2]: {"following": False, "followed_by": False},
    }
    for query in ({"ids": ids}, {"ids": ",".join(ids)}, {"ids": [ids[0], ",".join(ids)]}):
        answer = await http.get(STATE, params=query, headers=ada.headers)
        assert (answer.status_code, answer.json()) == (200, {"items": expected})
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("ids", [None, "", "x", f"{AN_ID},", AN_ID.upper(), ",".join(["x"] * 2)])
async def test_viewer_state_takes_ids_and_nothing_else(
    http: httpx.AsyncClient, anyone: Caller, ids: str | None
) -> None:
    answer = await http.get(STATE, params={} if ids is None else {"ids": ids}, headers=anyone.headers)
    assert pointers(answer) == {"/query/ids"}


async def test_viewer_state_takes_a_hundred_ids(http: httpx.AsyncClient, anyone: Caller) -> None:
    ids = [str(new_id()) for _ in range(101)]
    assert (await http.get(STATE, params={"ids": ",".join(ids[:100])}, headers=anyone.headers)).status_code == 200
    assert (await http.get(STATE, params={"ids": ids[:100]}, headers=anyone.headers)).status_code == 200
    answer = await http.get(STATE, params={"ids": ",".join(ids)}, headers=anyone.headers)
    assert violations(answer) == {("/query/ids", "too_long")}
