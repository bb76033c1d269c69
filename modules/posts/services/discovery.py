"""Ways to posts that one does not know yet: tags, a feed, search. Read from PostgreSQL each time, so never stale."""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b
from html import escape
from uuid import UUID

import msgspec

from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from modules.posts.repositories import BEGIN, END, FoundRecord, feed_query, place_of, search_query, tags_query
from modules.posts.schemas import FoundPost, Highlights, PostSummary, TagCount
from modules.posts.services.presentation import to_summaries
from modules.users import Directory

WORD = re.compile(r"[^\W_]+")

FOLLOWED = 1_000
"""So many of those whom somebody follows are in a feed: whom they began to follow last."""


class Discovery:
    """What there is to be read, as it is committed."""

    def __init__(self, reader: Reader, directory: Directory) -> None:
        self._reader = reader
        self._directory = directory

    async def tags(self, beginning: str | None, *, cursor: str | None, limit: int) -> Page[TagCount]:
        """Tags of public posts, those of most posts first; raises `InvalidCursor`."""
        after_count, after_name = (None, None) if cursor is None else decode_cursor(cursor, "tags", int, str)
        query = tags_query(beginning=beginning is not None, further=cursor is not None)
        given = {"beginning": beginning, "after_count": after_count, "after_name": after_name}
        records = await self._reader.all(query, **given, rows=limit + 1)
        shown = records[:limit]
        return Page(
            items=tuple(TagCount(name=each.name, posts_count=each.posts_count) for each in shown),
            next_cursor=encode_cursor("tags", shown[-1].posts_count, shown[-1].name) if len(records) > limit else None,
        )

    async def feed(self, author_ids: Sequence[UUID], *, cursor: str | None, limit: int) -> Page[PostSummary]:
        """What these people have published, newest first; raises `InvalidCursor`."""
        after, after_id = (None, None) if cursor is None else decode_cursor(cursor, "feed", datetime, UUID)
        query = feed_query(further=cursor is not None)
        given = {"author_ids": list(author_ids), "after": after, "after_id": after_id}
        records = await self._reader.all(query, **given, rows=limit + 1)
        shown = records[:limit]
        return Page(
            items=await to_summaries(shown, self._directory),
            next_cursor=encode_cursor("feed", *place_of(shown[-1], "newest")) if len(records) > limit else None,
        )

    async def search(self, q: str, *, cursor: str | None, limit: int) -> Page[FoundPost]:
        """Public posts that contain all words of ``q``, the best first; raises `InvalidCursor`."""
        of = f"search {blake2b(q.encode(), digest_size=8).hexdigest()}"
        as_of = after_score = after_id = None
        if cursor is not None:
            as_of, after_score, after_id = decode_cursor(cursor, of, datetime, int, UUID)
        query = search_query(further=cursor is not None)
        word = max(WORD.findall(q), key=len, default=q)  # the rarest, most likely
        given = {"q": q, "word": word, "as_of": as_of, "after_score": after_score, "after_id": after_id}
        records = await self._reader.all(query, **given, rows=limit + 1)
        shown = records[:limit]
        summaries = await to_summaries(shown, self._directory)
        return Page(
            items=tuple(to_found(*each) for each in zip(shown, summaries, strict=True)),
            next_cursor=encode_cursor(of, as_of or shown[-1].as_of, shown[-1].score, shown[-1].id)
            if len(records) > limit
            else None,
        )


def to_found(record: FoundRecord, summary: PostSummary) -> FoundPost:
    """A post, and where the words were found in it."""
    highlights = Highlights(title=marked(record.title_words), body=marked(record.body_words))
    return FoundPost(highlights=highlights, **msgspec.structs.asdict(summary))


def marked(text: str) -> str:
    """A text as HTML, what was found in ``mark``; what the author wrote is never markup."""
    return escape(text).replace(BEGIN, "<mark>").replace(END, "</mark>")
