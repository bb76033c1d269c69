"""The yardsticks: Litestar handlers that return structs like ours and do nothing else, and asyncpg without a layer."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from litestar import Litestar, MediaType, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody

from kernel.db import new_id, utc_now
from kernel.pagination import Page
from kernel.reads import keep_as_it_is, teach_json
from modules.posts.repositories import PostRecord, SummaryRecord
from modules.posts.schemas import FullPost, PostSummary, WritePost
from modules.users import Person, User

MOMENT = datetime(2026, 11, 23, 12, 0, 0, 1, tzinfo=UTC)
BODY = "The river in spring outlived three winters. " * 11
AUTHOR = Person(id=new_id(), username="ada_lovelace_5e8d0c_1", name="Ada Lovelace")
SUMMARY = PostSummary(
    id=new_id(),
    slug="the-river-in-spring-outlived-three-winters-8a061f0d3a52",
    title="The river in spring outlived three winters",
    excerpt=BODY[:200],
    tags=["craft", "letters"],
    status="published",
    author=AUTHOR,
    reactions={},
    comments_count=0,
    version=1,
    created_at=MOMENT,
    updated_at=MOMENT,
    published_at=MOMENT,
    scheduled_for=None,
)
POST = FullPost(**{name: getattr(SUMMARY, name) for name in SUMMARY.__struct_fields__}, body=BODY)
PAGE = Page(items=(SUMMARY,) * 20, next_cursor="WyJuZXdlc3QiLCIyMDI2LTExLTIzVDE4OjQ3OjM3Ljg4MTI1NFoiXQ")
USER = User(
    id=AUTHOR.id,
    email="ada_lovelace_5e8d0c_1@example.org",
    username=AUTHOR.username,
    name=AUTHOR.name,
    bio="The night train taught me patience.",
    is_active=True,
    is_superuser=False,
    email_verified=True,
    roles=[],
    created_at=MOMENT,
    updated_at=MOMENT,
)

LISTED = """id, author_id, slug, title, excerpt, tags, status, published_at, scheduled_for, reactions, reactions_count,
    comments_count, version, created_at, updated_at"""
COLUMNS = f"{LISTED}, body"
BY_ID = f"SELECT {COLUMNS} FROM posts.posts WHERE id = $1"
OLDER = f"""SELECT {LISTED} FROM posts.posts
    WHERE status = 'published' AND deleted_at IS NULL AND (published_at, id) < ($1, $2)
    ORDER BY published_at DESC, id DESC LIMIT 20"""
OLDER_JSON = f"SELECT json_agg(page)::text FROM ({OLDER}) AS page"
INSERT = f"""WITH post AS (
    INSERT INTO bare.posts (id, author_id, slug, title, body, excerpt, tags, status, published_at, created_at,
        updated_at, reactions, comments_count, version)
    VALUES ($1, $2, $3, $4, $5, left($5, 200), $6, $7, $8, $8, $8, '{{}}', 0, 1) RETURNING {COLUMNS}
), news AS (
    INSERT INTO bare.outbox (id, topic, subscriber, payload)
    SELECT $9, 'posts.published', 'somebody', jsonb_build_object('post_id', id, 'author_id', author_id) FROM post
) SELECT {COLUMNS} FROM post"""


@get("/posts/{post_id:uuid}")
async def show(post_id: FromPath[UUID]) -> FullPost:
    """One struct, with a path parameter."""
    return POST


@get("/me")
async def me() -> User:
    """One struct."""
    return USER


@get("/posts")
async def show_all() -> Page[PostSummary]:
    """Twenty structs."""
    return PAGE


@get("/rows/{post_id:uuid}")
async def row(post_id: FromPath[UUID], state: State) -> PostRecord:
    """One row by its key."""
    return PostRecord(**await state.pool.fetchrow(BY_ID, post_id))


@get("/rows")
async def rows(after: FromQuery[datetime], after_id: FromQuery[UUID], state: State) -> list[SummaryRecord]:
    """Twenty rows of an index."""
    return [SummaryRecord(**row) for row in await state.pool.fetch(OLDER, after, after_id)]


@get("/rows.json", media_type=MediaType.JSON)
async def rows_as_json(after: FromQuery[datetime], after_id: FromQuery[UUID], state: State) -> Response[bytes]:
    """The same, made JSON by PostgreSQL."""
    page: str = await state.pool.fetchval(OLDER_JSON, after, after_id)
    return Response(page.encode(), media_type=MediaType.JSON)


@post("/rows")
async def write(data: JSONBody[WritePost], state: State) -> PostRecord:
    """A row and its outbox row in one statement."""
    post_id, now = new_id(), utc_now()
    values = (post_id, AUTHOR.id, f"post-{post_id.hex}", data.title, data.body, data.tags, data.status, now, new_id())
    return PostRecord(**await state.pool.fetchrow(INSERT, *values))


@asynccontextmanager
async def pool(app: Litestar) -> AsyncGenerator[None]:
    """Ten connections, as many as our readers have, with JSONB as values."""
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"], min_size=10, max_size=10, init=teach_json, reset=keep_as_it_is
    ) as app.state.pool:
        yield


app = Litestar([show, me, show_all, row, rows, rows_as_json, write], lifespan=[pool], openapi_config=None)
