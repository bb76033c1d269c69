"""Writing, publishing and reading posts."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec
from slugify import slugify

from kernel.db import utc_now
from kernel.errors import InvalidCursor, NotFound, PermissionDenied
from kernel.http.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.posts.contracts import Post, PostPublished, Posts, Status
from modules.posts.models import PostRow
from modules.posts.repositories import Order, Position, PostFilters, PostRepository, place_of
from modules.posts.schemas import Author, ChangePost, FullPost, PostSummary, ReplacePost, WritePost
from modules.posts.services.states import Act, after
from modules.users import User, Users

EXCERPT = 200
"""Characters of the body that a list shows."""


def slug_from(title: str) -> str:
    """The title in a form that fits a URL."""
    return slugify(title, max_length=100, word_boundary=True) or "post"


def excerpt_of(body: str) -> str:
    """The beginning of a text, on one line."""
    words = " ".join(body.split(maxsplit=EXCERPT)[:EXCERPT])
    return words if len(words) <= EXCERPT else f"{words[:EXCERPT].rstrip()}…"


def to_post(row: PostRow) -> Post:
    """The single place where a row becomes something that other modules may see."""
    return msgspec.convert(row, Post, from_attributes=True)


def to_author(user: User | None) -> Author | None:
    """What a reader sees of a person; nothing of somebody who has left."""
    return None if user is None else Author(id=user.id, username=user.username, name=user.name)


def to_summary(row: PostRow, author: User | None) -> PostSummary:
    """The single place where a row becomes an item of a list."""
    return PostSummary(
        id=row.id,
        slug=row.slug,
        title=row.title,
        excerpt=excerpt_of(row.body),
        tags=row.tags,
        status=cast("Status", row.status),
        author=to_author(author),
        reactions=row.reactions,
        comments_count=row.comments_count,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        published_at=row.published_at,
        scheduled_for=row.scheduled_for,
    )


def to_full_post(row: PostRow, author: User | None) -> FullPost:
    """The single place where a row becomes a post as it is read."""
    return FullPost(body=row.body, **msgspec.structs.asdict(to_summary(row, author)))


class PostService(Posts):
    """Everything that can be done to posts, inside one transaction."""

    def __init__(self, uow: UnitOfWork, users: Users) -> None:
        self._uow = uow
        self._users = users
        self._posts = PostRepository(session=uow.session)

    async def find_many(self, post_ids: set[UUID]) -> dict[UUID, Post]:
        return {row.id: to_post(row) for row in await self._posts.by_ids(post_ids)} if post_ids else {}

    async def write(self, me: Principal, form: WritePost) -> Versioned[FullPost]:
        """A new post under a slug of its own."""
        now = utc_now()
        slug = slug_from(form.title)
        while (
            row := await self._posts.insert_unless_taken(
                author_id=me.id,
                slug=slug,
                title=form.title,
                body=form.body,
                tags=unique(form.tags),
                status=form.status,
                now=now,
            )
        ) is None:
            slug = f"{slug_from(form.title)}-{secrets.token_hex(3)}"
        if form.status == "published":
            await self._uow.publish(PostPublished(post_id=row.id, author_id=me.id))
        return await self._shown(row)

    async def read(self, caller: Principal | None, post_id: UUID) -> Versioned[FullPost]:
        """A post that the caller may see; raises `NotFound`."""
        return await self._read(caller, await self._posts.get_one_or_none(id=post_id))

    async def read_by_slug(self, caller: Principal | None, slug: str) -> Versioned[FullPost]:
        """The same by slug; raises `NotFound`."""
        return await self._read(caller, await self._posts.get_one_or_none(slug=slug))

    async def change(
        self, me: Principal, post_id: UUID, form: ChangePost | ReplacePost, if_match: IfMatch
    ) -> Versioned[FullPost]:
        """Apply what was sent, leave the rest alone; raises `NotFound`, `PermissionDenied` or `PreconditionFailed`."""
        row = await self._to_edit(me, post_id, if_match)
        for field, value in msgspec.structs.asdict(form).items():
            if value is not msgspec.UNSET:
                setattr(row, field, unique(value) if field == "tags" else value)
        await self._uow.session.flush()
        return await self._shown(row)

    async def move(self, me: Principal, post_id: UUID, act: Act, if_match: IfMatch) -> Versioned[FullPost]:
        """Publish, unpublish or archive; raises `InvalidTransition` and what `change` raises."""
        row = await self._to_edit(me, post_id, if_match)
        row.status = after(cast("Status", row.status), act)
        if row.status == "published" and row.published_at is None:
            row.published_at = utc_now()
            await self._uow.publish(PostPublished(post_id=row.id, author_id=row.author_id))
        await self._uow.session.flush()
        return await self._shown(row)

    async def page(
        self, filters: PostFilters, *, author: str | None, cursor: str | None, limit: int, include_total: bool
    ) -> Page[PostSummary]:
        """One page of published posts; ``author`` is a username or an id. Raises `InvalidCursor`."""
        position = None if cursor is None else position_of(cursor, filters.order)
        if author is not None:
            author_id = await self._author_id(author)
            if author_id is None:
                return Page(items=(), total=0 if include_total else msgspec.UNSET)
            filters = msgspec.structs.replace(filters, author_id=author_id)
        rows = await self._posts.page(filters, after=position, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=await self._summaries(shown),
            next_cursor=encode_cursor(filters.order, *place_of(shown[-1])) if len(rows) > limit else None,
            total=await self._posts.total(filters) if include_total else msgspec.UNSET,
        )

    async def _author_id(self, author: str) -> UUID | None:
        try:
            return UUID(author)
        except ValueError:
            user = await self._users.find_by_username(author)
            return None if user is None else user.id

    async def _summaries(self, rows: Sequence[PostRow]) -> tuple[PostSummary, ...]:
        authors = await self._users.find_many({row.author_id for row in rows})
        return tuple(to_summary(row, authors.get(row.author_id)) for row in rows)

    async def _shown(self, row: PostRow) -> Versioned[FullPost]:
        authors = await self._users.find_many({row.author_id})
        return Versioned(to_full_post(row, authors.get(row.author_id)), row.version)

    async def _read(self, caller: Principal | None, row: PostRow | None) -> Versioned[FullPost]:
        if row is None or not may_read(caller, row):
            raise NotFound
        return await self._shown(row)

    async def _to_edit(self, me: Principal, post_id: UUID, if_match: IfMatch) -> PostRow:
        row = await self._posts.to_edit(post_id)
        if row is None or not may_read(me, row):
            raise NotFound
        if row.author_id != me.id and not me.may("posts:write:any"):
            raise PermissionDenied
        if_match.check(row.version)
        return row


def position_of(cursor: str, order: Order) -> Position:
    """Where the page before ended; raises `InvalidCursor`, also for a cursor of the other order."""
    given_order, published_at, post_id = decode_cursor(cursor, str, datetime, UUID)
    if given_order != order:
        raise InvalidCursor
    return published_at, post_id


def may_read(caller: Principal | None, row: PostRow) -> bool:
    """Published posts are for all, the others for their author and those who may read any."""
    if row.status == "published":
        return True
    return caller is not None and (caller.id == row.author_id or caller.may("posts:read:any"))


def unique(tags: list[str]) -> list[str]:
    """Each tag once, in the order given."""
    return list(dict.fromkeys(tags))
