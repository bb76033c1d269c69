"""Demo data: people who can sign in, counters that are true."""

import asyncio

import asyncpg
import httpx
import pytest

from app.cli import data as commands
from app.seeding import seed
from kernel.runtime import Runtime
from tests.running import People, bearer

LIES = """
    SELECT count(*) FROM users.users AS person WHERE
        followers_count <> (SELECT count(*) FROM users.follows WHERE followee_id = person.id)
        OR following_count <> (SELECT count(*) FROM users.follows WHERE follower_id = person.id)
"""
TRUE_COUNTS = """
    SELECT
        (SELECT count(*) FROM posts.comments) AS comments, (SELECT sum(comments_count) FROM posts.posts) AS commented,
        (SELECT count(*) FROM posts.reactions) AS reactions, (SELECT sum(reactions_count) FROM posts.posts) AS reacted,
        (SELECT sum(value::int) FROM posts.posts, jsonb_each_text(reactions)) AS by_kind,
        (SELECT sum(cardinality(tags)) FROM posts.posts) AS tags, (SELECT sum(posts_count) FROM posts.tags) AS tagged
"""
SELF = "SELECT count(*) FROM users.follows WHERE follower_id = followee_id"


@pytest.fixture
def password(runtime: Runtime, env: dict[str, str]) -> str:
    """Everybody's, in a database with demo data, which ``runtime`` deletes."""
    written: list[int] = []
    known = seed(env, users=20, posts=50, advance=lambda rows, _: written.append(rows))
    assert sum(written) >= 20 + 20 + 20 * 10 + 50
    return known


async def test_demo_people_are_in_and_their_counters_are_true(
    password: str, client: httpx.AsyncClient, people: People, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    emails = [row["email"] for row in await connection.fetch("SELECT email FROM users.users")]
    assert len(emails) == 20
    assert await connection.fetchval("SELECT sum(followers_count) FROM users.users") > 100
    assert await connection.fetchval(LIES) == await connection.fetchval(SELF) == 0
    (counts,) = await connection.fetch(TRUE_COUNTS)
    assert counts["comments"] == counts["commented"] > 0
    assert counts["reactions"] == counts["reacted"] == counts["by_kind"] > 0
    assert counts["tags"] == counts["tagged"] > 0
    await connection.close()
    tokens = await people.sign_in(emails[0], password)
    me = await client.get("/api/v1/users/me", headers=bearer(tokens["access_token"]))
    assert (me.status_code, me.json()["email"]) == (200, emails[0])
    listed = (await client.get("/api/v1/posts", params={"include_total": "true", "limit": 100})).json()
    assert listed["total"] == len(listed["items"]) == 50
    assert all(post["author"]["username"] for post in listed["items"])
    first = listed["items"][0]
    assert (await client.get(f"/api/v1/posts/{first['id']}")).json()["title"] == first["title"]


async def test_one_person_alone_follows_nobody_and_writes_all(
    runtime: Runtime, client: httpx.AsyncClient, env: dict[str, str]
) -> None:
    asked = commands.seed.make_context("seed", ["--users", "1", "--posts", "3"]).params
    await asyncio.to_thread(seed, env, users=asked["users"], posts=asked["posts"], advance=lambda *_: None)
    listed = (await client.get("/api/v1/posts")).json()["items"]
    assert len(listed) == 3
    assert len({post["author"]["id"] for post in listed}) == 1
