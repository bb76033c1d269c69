"""Reading posts beside the unit of work: what is committed now; what is public comes encoded out of the cache."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

import msgspec

from kernel.cache import Cache, Entry, Loaded
from kernel.errors import NotFound
from kernel.http.encoding import encode
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from kernel.security import Principal
from kernel.versions import Tokens
from modules.posts.cache_entities import COUNTS, LISTS, post
from modules.posts.contracts import Status
from modules.posts.repositories import (
    BY_ID,
    BY_SLUG,
    Order,
    Position,
    PostFilters,
    PostRecord,
    own_query,
    page_query,
    place_of,
    total_query,
)
from modules.posts.schemas import PostSummary
from modules.posts.services.presentation import to_full_post, to_summary
from modules.posts.services.visibility import may_read
from modules.users import Directory


class NotPublic(Exception):
    """Loading ended at a post that is not for everybody, so not for the cache either."""

    def __init__(self, record: PostRecord) -> None:
        super().__init__()
        self.record = record


class PostReads:
    """Posts as they are committed."""

    def __init__(self, reader: Reader, cache: Cache, directory: Directory) -> None:
        self._reader = reader
        self._cache = cache
        self._directory = directory

    async def read(self, caller: Principal | None, post_id: UUID) -> tuple[Loaded | Entry, bool]:
        """A `FullPost` as JSON, and whether it is public; raises `NotFound`."""

        async def load() -> Loaded:
            record = (await self._reader.by_id(BY_ID, {post_id})).get(post_id)
            if record is None:
                raise NotFound
            if record.status != "published":
                raise NotPublic(record)
            return await self._written(record)

        try:
            return await self._cache.fetch(f"posts:full:{post_id}", [post(post_id)], load), True
        except NotPublic as found:
            if not may_read(caller, found.record):
                raise NotFound from None
            return await self._written(found.record), False

    async def read_by_slug(self, caller: Principal | None, slug: str) -> tuple[Loaded | Entry, bool]:
        """The same by slug, which a post keeps for ever; raises `NotFound`."""
        record = await self._reader.one(BY_SLUG, slug=slug)
        if record is None:
            raise NotFound
        return await self.read(caller, record.id)

    async def page(
        self, filters: PostFilters, *, author: str | None, cursor: str | None, limit: int, include_total: bool
    ) -> Loaded | Entry:
        """A `Page` of `PostSummary` as JSON; raises `InvalidCursor`.

        ``author`` is a username or an id. First pages are cached, they are what most readers see.
        """
        position = None if cursor is None else position_of(cursor, filters.order)
        if author is not None:
            author_id = await self._author_id(author)
            if author_id is None:
                return Loaded(encode(Page[PostSummary](items=(), total=0 if include_total else msgspec.UNSET)))
            filters = msgspec.structs.replace(filters, author_id=author_id)

        async def load() -> Loaded:
            page, tokens = await self._page(filters, position, limit, include_total)
            return Loaded(encode(page), tokens=tokens, next_cursor=page.next_cursor)

        if position is not None:
            return await load()
        key = msgspec.json.encode((filters, limit, include_total)).decode()
        return await self._cache.fetch(f"posts:page:{key}", [LISTS, COUNTS], load)

    async def own_page(
        self, author_id: UUID, *, status: Status | None, cursor: str | None, limit: int
    ) -> Page[PostSummary]:
        """What somebody has written, newest first; raises `InvalidCursor`."""
        after_id = None if cursor is None else decode_cursor(cursor, "own posts", UUID)[0]
        query = own_query(of_status=status is not None, further=cursor is not None)
        given = {"author_id": author_id, "status": status, "after_id": after_id}
        records = await self._reader.all(query, **given, rows=limit + 1)
        shown = records[:limit]
        author = (await self._directory.find_many({author_id})).get(author_id)
        return Page(
            items=tuple(to_summary(record, author) for record in shown),
            next_cursor=encode_cursor("own posts", shown[-1].id) if len(records) > limit else None,
        )

    async def _page(
        self, filters: PostFilters, position: Position | None, limit: int, include_total: bool
    ) -> tuple[Page[PostSummary], Tokens | None]:
        given = filters.given()
        form = frozenset(given)
        after, after_id = position or (None, None)
        query = page_query(form, filters.order, further=position is not None, rows=limit + 1, tag=filters.tag)
        records = await self._reader.all(query, **given, after=after, after_id=after_id)
        shown = records[:limit]
        ids = {record.author_id for record in shown}
        if position is None:
            authors, tokens = await self._directory.find_with_tokens(ids)
        else:  # is not cached
            authors, tokens = await self._directory.find_many(ids), None
        totals = (
            await self._reader.all(total_query(form, further=position is not None), **given) if include_total else []
        )
        page = Page(
            items=tuple(to_summary(record, authors.get(record.author_id)) for record in shown),
            next_cursor=encode_cursor(f"posts {filters.order}", *place_of(shown[-1], filters.order))
            if len(records) > limit
            else None,
            total=totals[0].count if totals else msgspec.UNSET,
        )
        return page, tokens

    async def _author_id(self, author: str) -> UUID | None:
        with suppress(ValueError):
            if str(author_id := UUID(author)) == author:
                return author_id
        user = await self._directory.find_by_username(author)
        return None if user is None else user.id

    async def _written(self, record: PostRecord) -> Loaded:
        authors, tokens = await self._directory.find_with_tokens({record.author_id})
        return Loaded(encode(to_full_post(record, authors.get(record.author_id))), record.version, tokens)


def position_of(cursor: str, order: Order) -> Position:
    """Where the page before ended; raises `InvalidCursor`, also for a cursor of another order."""
    key, post_id = decode_cursor(cursor, f"posts {order}", int if order == "top" else datetime, UUID)
    return key, post_id
