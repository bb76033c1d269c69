"""No list walks through all people: plans on 100,000 of them, in a database of their own."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kernel.audit import entries_query
from modules.users.repositories import BETWEEN, BY_USERNAME, CALLERS, follows_query, page_query
from tests.plans import filled, plan

PEOPLE = 100_000
FILL = f"""
    INSERT INTO users.users (id, email, email_identity, username, name, bio, is_active, is_superuser, email_verified,
                             roles, followers_count, following_count, version, created_at, updated_at)
    SELECT gen_random_uuid(), 'p' || n || '@example.org', 'p' || n || '@example.org', 'p' || n, 'Person ' || n % 5000,
           '', n % 100 > 0, n % 10000 = 0, true, CASE WHEN n % 1000 = 0 THEN '{{moderator}}'::text[] ELSE '{{}}' END,
           0, 0, 1, now() - n * interval '1 minute', now()
    FROM generate_series(1, {PEOPLE}) AS n;
    INSERT INTO users.follows (id, follower_id, followee_id)
    SELECT gen_random_uuid(), id, (SELECT id FROM users.users WHERE username = 'p1') FROM users.users LIMIT 20000;
    INSERT INTO users.follows (id, follower_id, followee_id)
    SELECT gen_random_uuid(), (SELECT id FROM users.users WHERE username = 'p1'), id FROM users.users LIMIT 5000
    ON CONFLICT DO NOTHING;
    INSERT INTO kernel.audit_log (id, act, actor_id, subject_id, facts, ip)
    SELECT gen_random_uuid(), 'users.' || n % 20, gen_random_uuid(), gen_random_uuid(), '{{}}', ''
    FROM generate_series(1, 20000) AS n;
    ANALYZE users.users, users.follows, kernel.audit_log
"""


@pytest.fixture(scope="module")
async def crowd() -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database with a hundred thousand people in it."""
    async with filled("users", FILL) as connection:
        yield connection


SOMEBODY, MOMENT = UUID(int=7), datetime(2026, 1, 1, tzinfo=UTC)
AFTER = {"created_at": MOMENT, "email": "p5@example.org", "name": "Person 7"}


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "email", "-email", "name", "-name"])
@pytest.mark.parametrize("filters", [{}, {"is_active": True}, {"created_from": MOMENT}])
@pytest.mark.parametrize("further", [False, True])
async def test_a_page_of_people_comes_out_of_an_index_in_its_order(
    crowd: asyncpg.Connection, sort: Any, filters: dict[str, Any], further: bool
) -> None:
    after = AFTER[sort.removeprefix("-")] if further else None
    query = page_query(frozenset(filters), sort, further=further)
    text = await plan(crowd, query, **filters, after=after, after_id=SOMEBODY, rows=21)
    assert "Index Scan" in text, text
    assert "Seq Scan" not in text, text
    assert "Sort" not in text, text


async def test_superusers_are_found_by_index(crowd: asyncpg.Connection) -> None:
    text = await plan(
        crowd, page_query(frozenset({"is_superuser"}), "email", further=False), is_superuser=True, rows=21
    )
    assert "ix_users_superusers" in text, text
    assert "Seq Scan" not in text, text


async def test_holders_of_a_role_are_found_by_index(crowd: asyncpg.Connection) -> None:
    query = page_query(frozenset({"role"}), "-created_at", further=False)
    text = await plan(crowd, query, role=["moderator"], rows=21)
    assert "ix_users_users_roles" in text or "ix_users_users_created_at" in text, text
    assert "Seq Scan" not in text, text


@pytest.mark.parametrize("side", ["followers", "following"])
@pytest.mark.parametrize("further", [False, True])
async def test_follows_come_out_of_an_index_in_their_order(crowd: asyncpg.Connection, side: Any, further: bool) -> None:
    popular = await crowd.fetchval("SELECT id FROM users.users WHERE username = 'p1'")
    text = await plan(crowd, follows_query(side, further=further), user_id=popular, before=popular, rows=21)
    assert "ix_users_follows_newest" in text, text
    assert "Seq Scan" not in text, text
    assert "Sort" not in text, text


async def test_single_people_and_what_is_between_them_are_found_by_index(crowd: asyncpg.Connection) -> None:
    ids = [SOMEBODY] * 100
    for text in (
        await plan(crowd, CALLERS, ids=ids[:1]),
        await plan(crowd, BY_USERNAME, username="p7"),
        await plan(crowd, BETWEEN, me=SOMEBODY, ids=ids),
    ):
        assert "Seq Scan on users" not in text, text
        assert "Seq Scan on follows" not in text, text


@pytest.mark.parametrize("form", [{}, {"act": "users.7"}, {"actor_id": SOMEBODY}, {"subject_id": SOMEBODY}])
async def test_the_audit_log_comes_out_of_an_index_in_its_order(
    crowd: asyncpg.Connection, form: dict[str, Any]
) -> None:
    for given in (form, {**form, "before": SOMEBODY}):
        text = await plan(crowd, entries_query(frozenset(given)), **given, rows=21)
        assert "Index" in text, text
        assert "Seq Scan" not in text, text
        assert "Sort" not in text, text


async def test_a_search_looks_at_everybody_once_at_most(crowd: asyncpg.Connection) -> None:
    query = page_query(frozenset({"q"}), "-created_at", further=False)
    sql, arguments = query.prepared({"q": "nobody at all", "rows": 21})
    rows = await crowd.fetch(f"EXPLAIN (ANALYZE, FORMAT TEXT) {sql}", *arguments)
    text = "\n".join(row[0] for row in rows)
    assert text.count("Scan") == 1, text
