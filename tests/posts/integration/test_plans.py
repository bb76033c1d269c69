"""What readers ask for comes straight out of an index: plans on 100,000 posts, in a database of their own."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from modules.posts.repositories import (
    VIEWER_STATES,
    VISIBILITY,
    Order,
    bookmarks_query,
    comments_query,
    feed_query,
    page_query,
    search_query,
    tags_query,
)
from tests.plans import filled, plan

POSTS = 100_000
FILL = f"""
    ALTER TABLE posts.posts DISABLE TRIGGER USER;
    ALTER TABLE posts.comments DISABLE TRIGGER USER;
    ALTER TABLE posts.reactions DISABLE TRIGGER USER;
    INSERT INTO posts.posts (id, author_id, slug, title, body, tags, status, published_at, reactions, reactions_count,
                             comments_count, version, created_at, updated_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n % 1000), 32, '0')::uuid, 's' || n, 'Post ' || n,
           'common words' || CASE WHEN n % 1000 = 0 THEN ' rare' ELSE '' END, '{{}}', 'published',
           '2026-01-01Z'::timestamptz + n * 7919 % {POSTS} * interval '1 minute', '{{}}', 0, 0, 1, now(), now()
    FROM generate_series(1, {POSTS}) AS n;
    INSERT INTO posts.comments (id, post_id, author_id, body, version)
    SELECT gen_random_uuid(), id, author_id, 'x', 1 FROM posts.posts LIMIT 20000;
    INSERT INTO posts.reactions (id, post_id, user_id, kind)
    SELECT gen_random_uuid(), id, author_id, 'like' FROM posts.posts LIMIT 20000;
    INSERT INTO posts.bookmarks (id, post_id, user_id)
    SELECT gen_random_uuid(), id, author_id FROM posts.posts LIMIT 20000;
    INSERT INTO posts.tags (id, name, posts_count) SELECT gen_random_uuid(), 't' || n, n % 100
    FROM generate_series(1, 20000) AS n;
    ANALYZE posts.posts, posts.comments, posts.reactions, posts.bookmarks, posts.tags
"""
SOMEBODY, MOMENT = UUID(int=7), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def library() -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database with a hundred thousand posts in it."""
    async with filled("posts", FILL) as connection:
        yield connection


@pytest.mark.parametrize(
    ("order", "after"), [("newest", datetime(2026, 3, 10, tzinfo=UTC)), ("oldest", datetime(2026, 1, 2, tzinfo=UTC))]
)
async def test_pages_are_planned_once_and_not_for_every_position(
    library: asyncpg.Connection, order: Order, after: datetime
) -> None:
    sql, arguments = page_query(frozenset(), order, further=True, rows=101).prepared(
        {"after": after, "after_id": SOMEBODY}
    )
    statement = await library.prepare(sql)
    for _ in range(10):
        assert len(await statement.fetch(*arguments)) == 101
    plans = "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE name = $1"
    planned = await library.fetchrow(plans, statement.get_name())
    assert planned is not None
    assert tuple(planned) == (5, 5)  # as PostgreSQL does it by default


@pytest.mark.parametrize("further", [False, True])
@pytest.mark.parametrize("followed", [1, 10, 1000])
async def test_a_feed_looks_at_a_page_of_each_author(library: asyncpg.Connection, followed: int, further: bool) -> None:
    authors = [UUID(int=number) for number in range(followed)]
    text = await plan(
        library, feed_query(further=further), author_ids=authors, after=MOMENT, after_id=SOMEBODY, rows=21
    )
    assert "Index Only Scan Backward using ix_posts_posts_author " in text, text
    assert "Seq Scan" not in text, text


async def test_what_is_rare_is_searched_by_its_words_and_what_is_common_by_its_age(
    library: asyncpg.Connection,
) -> None:
    rare = await plan(library, search_query(further=False), q="rare", rows=21)
    assert "ix_posts_posts_search" in rare, rare
    common = await plan(library, search_query(further=False), q="common", rows=21)
    assert "Index Scan Backward using ix_posts_posts_newest" in common, common
    for text in (rare, common):
        assert "Seq Scan" not in text, text


@pytest.mark.parametrize("further", [False, True])
async def test_lists_of_readers_come_out_of_an_index_in_their_order(library: asyncpg.Connection, further: bool) -> None:
    comments = await plan(
        library,
        comments_query(further=further),
        post_id=SOMEBODY,
        after_thread=SOMEBODY,
        after_id=SOMEBODY,
        rows=21,
    )
    assert "ix_posts_comments_thread" in comments, comments
    bookmarks = await plan(
        library,
        bookmarks_query(further=further),
        user_id=SOMEBODY,
        reads_any=False,
        after_id=UUID(int=2**127),
        rows=21,
    )
    assert "ix_posts_bookmarks_newest" in bookmarks, bookmarks
    tags = await plan(library, tags_query(beginning=False, further=further), after_count=9, after_name="t9", rows=21)
    assert "ix_posts_tags_popular" in tags, tags
    assert "Sort" not in tags, tags
    assert "posts_count > $" not in tags_query(beginning=False, further=further).prepared({})[0]
    for text in (comments, bookmarks, tags):
        assert "Seq Scan" not in text, text


async def test_what_a_reader_did_is_found_by_index(library: asyncpg.Connection) -> None:
    for text in (
        await plan(library, VIEWER_STATES, user_id=SOMEBODY, ids=[UUID(int=n) for n in range(100)]),
        await plan(library, VISIBILITY, post_id=SOMEBODY),
    ):
        assert "Seq Scan" not in text, text
