"""The real thing: `quire up`, real processes, real HTTP."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest

from kernel.db import new_id
from tests.app.children import processes_in
from tests.journeys.up import Up, kill, quire_up
from tests.mails import mails_to
from tests.running import People, Person, bearer, eventually

pytestmark = pytest.mark.journey

FOLLOWERS = 20_000


async def unread(http: httpx.AsyncClient, person: Person) -> int:
    count: int = (await http.get("/api/v1/notifications/unread-count", headers=person.headers)).json()["unread"]
    return count


async def follow_in_bulk(up: Up, author: Person, followers: list[UUID]) -> None:
    database = await up.database()
    await database.execute(
        "INSERT INTO users.follows (id, follower_id, followee_id) SELECT id, id, $1 FROM unnest($2::uuid[]) AS id",
        UUID(author.id),
        followers,
    )
    await database.close()


async def test_the_whole_journey_and_every_mistake_on_the_way(tmp_path: Path) -> None:
    async with quire_up(tmp_path) as up:
        people, http = People(up.http), up.http
        ann, bob = await people.join("Ann"), await people.join("Bob")
        await http.put(f"/api/v1/users/{ann.id}/follow", headers=bob.headers)
        post = (await http.post("/api/v1/posts", json={"title": "Hi", "body": "there"}, headers=ann.headers)).json()
        await eventually(lambda: greeted(http, bob))
        await http.post(f"/api/v1/posts/{post['id']}/publish", headers=ann.headers)
        await eventually(lambda: has(http, bob, 2))

        def tokens() -> list[str]:
            return [mail.token for mail in mails_to(up.data / "mail", ann.email) if "token=" in mail.text]

        await eventually(tokens)
        answer = await http.post("/api/v1/auth/email/verify", json={"token": tokens()[0]})
        assert answer.status_code == 204

        mistakes = [
            await http.post("/api/v1/auth/register", json={"email": "no", "password": "short", "name": ""}),
            await http.post("/api/v1/auth/register", content=b"{"),
            await http.post("/api/v1/auth/login", json={"email": ann.email, "password": "wrong"}),
            await http.post("/api/v1/auth/refresh", json={"refresh_token": "x"}),
            await http.post("/api/v1/auth/email/verify", json={"token": "x"}),
            await http.get("/api/v1/users/me"),
            await http.put(f"/api/v1/users/{bob.id}/follow", headers=bob.headers),
            await http.post("/api/v1/posts", json={"title": "\0"}, headers=ann.headers),
            await http.post(f"/api/v1/posts/{post['id']}/publish", headers=ann.headers),
            await http.get("/api/v1/posts?limit=0&cursor=x&what=ever"),
            await http.get("/api/v1/notifications", headers={"Authorization": "Bearer x"}),
            await http.post(f"/api/v1/notifications/{post['id']}/read", headers=bob.headers),
            await http.delete("/api/v1/posts"),
            await http.get("/nowhere"),
        ]
        for answer in mistakes:
            assert 400 <= answer.status_code < 500, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == answer.status_code


async def greeted(http: httpx.AsyncClient, person: Person) -> bool:
    return await unread(http, person) == 1


async def has(http: httpx.AsyncClient, person: Person, count: int) -> bool:
    return await unread(http, person) == count


async def test_a_worker_killed_in_the_middle_loses_nothing_and_shows_nothing_twice(tmp_path: Path) -> None:
    async with quire_up(tmp_path) as up:
        people = People(up.http)
        ann, bob = await people.join("Ann"), await people.join("Bob")
        await eventually(lambda: greeted(up.http, bob))
        await follow_in_bulk(up, ann, [UUID(bob.id), *(new_id() for _ in range(FOLLOWERS))])
        database = await up.database()
        post = {"title": "Hi", "body": "there", "status": "published"}
        await up.http.post("/api/v1/posts", json=post, headers=ann.headers)
        open_row = "SELECT attempts FROM kernel.outbox WHERE topic = 'posts.published' AND done_at IS NULL"
        await eventually(lambda: database.fetchval(open_row))
        kill(up.child("work"))
        assert await database.fetchval(open_row) == 1, "it was not in the middle"
        told = "SELECT count(*) FROM notifications.notifications WHERE type = 'post_published'"
        assert await database.fetchval(told) == 0

        async def all_are_told() -> bool:
            return bool(await database.fetchval(told) == FOLLOWERS + 1)

        await eventually(all_are_told)
        assert await unread(up.http, bob) == 2
        twice = "SELECT count(*) FROM notifications.inboxes WHERE unread > 2"
        assert await database.fetchval(twice) == 0
        await database.close()


async def test_a_killed_parent_leaves_no_process_and_no_loss(tmp_path: Path) -> None:
    async with quire_up(tmp_path) as up:
        ann = await People(up.http).join("Ann")
        kill(up.process.pid)

        await eventually(lambda: not processes_in(tmp_path))
    async with quire_up(tmp_path) as up:
        headers = bearer((await People(up.http).sign_in(ann.email))["access_token"])
        assert (await up.http.get("/api/v1/users/me", headers=headers)).json()["id"] == ann.id
