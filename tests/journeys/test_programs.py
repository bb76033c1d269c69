"""Programs with a personal access token, with all modules together."""

from typing import Any

import httpx
import pytest

from kernel.runtime import Runtime
from tests.problems import refusal
from tests.running import People, Person, bearer, change_user, eventually

POSTS, ME = "/api/v1/posts", "/api/v1/users/me"
MODERATION = "posts:write:any"


@pytest.fixture
async def mod(people: People, runtime: Runtime) -> Person:
    """Somebody who may edit what others write."""
    mod = await people.join("Mod")
    await change_user(runtime, mod, roles=["moderator"])
    tokens = await people.sign_in(mod.email)
    return Person(mod.id, mod.email, mod.username, bearer(tokens["access_token"]), tokens)


async def program(client: httpx.AsyncClient, owner: Person, *scopes: str) -> dict[str, str]:
    """The headers of a new program."""
    form = {"name": "a program", "scopes": scopes}
    answer = await client.post("/api/v1/auth/tokens", json=form, headers=owner.headers)
    assert answer.status_code == 201, answer.text
    return bearer(answer.json()["token"])


async def write(client: httpx.AsyncClient, headers: dict[str, str]) -> dict[str, Any]:  # Any: JSON
    form = {"title": "T", "body": "x", "status": "published"}
    answer = await client.post(POSTS, json=form, headers=headers)
    assert answer.status_code == 201, answer.text
    post: dict[str, Any] = answer.json()  # Any: JSON
    return post


async def edit(client: httpx.AsyncClient, headers: dict[str, str], post_id: str) -> httpx.Response:
    return await client.patch(f"{POSTS}/{post_id}", json={"title": "Edited"}, headers=headers)


async def test_a_program_without_scopes_does_what_its_owner_does_to_their_own_things(
    client: httpx.AsyncClient, people: People, mod: Person
) -> None:
    bob, headers = await people.join("Bob"), await program(client, mod)
    assert (await client.get(ME, headers=headers)).json()["id"] == mod.id
    own, foreign = await write(client, headers), await write(client, bob.headers)
    assert own["author"]["id"] == mod.id
    assert (await edit(client, headers, own["id"])).status_code == 200
    assert (await edit(client, headers, foreign["id"])).status_code == 403
    assert (await edit(client, mod.headers, foreign["id"])).status_code == 200, "the owner may"


async def test_a_program_with_a_scope_may_what_it_says_while_its_owner_may(
    client: httpx.AsyncClient, runtime: Runtime, people: People, mod: Person
) -> None:
    bob, headers = await people.join("Bob"), await program(client, mod, MODERATION)
    foreign = await write(client, bob.headers)
    assert (await edit(client, headers, foreign["id"])).status_code == 200
    await change_user(runtime, mod, roles=[])

    async def is_refused() -> bool:
        return (await edit(client, headers, foreign["id"])).status_code == 403

    await eventually(is_refused, 1)


async def test_nobody_gives_a_program_what_they_may_not_themselves(client: httpx.AsyncClient, people: People) -> None:
    bob = await people.join("Bob")
    form = {"name": "a program", "scopes": [MODERATION]}
    answer = await client.post("/api/v1/auth/tokens", json=form, headers=bob.headers)
    assert refusal(answer) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("method", "path", "form"),
    [
        ("DELETE", ME, None),
        ("POST", f"{ME}/export", None),
        ("POST", "/api/v1/auth/logout", {"scope": "global"}),
        ("POST", "/api/v1/auth/password/change", {"current_password": "x", "new_password": "another correct horse"}),
        ("POST", "/api/v1/auth/email/change", {"new_email": "new@example.org"}),
        ("POST", "/api/v1/auth/mfa/totp", None),
        ("DELETE", "/api/v1/auth/mfa/totp", None),
        ("POST", "/api/v1/auth/tokens", {"name": "another", "scopes": []}),
        ("GET", "/api/v1/auth/sessions", None),
        ("GET", "/api/v1/auth/events", None),
    ],
)
async def test_a_program_has_no_say_in_the_safety_of_the_account(
    client: httpx.AsyncClient, mod: Person, method: str, path: str, form: dict[str, object] | None
) -> None:
    headers = await program(client, mod, MODERATION)
    assert refusal(await client.request(method, path, json=form, headers=headers)) == (403, "permission_denied")
    assert (await client.get(ME, headers=mod.headers)).status_code == 200
