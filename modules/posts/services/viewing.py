"""What is between a reader and posts: private, so read from PostgreSQL each time and never cached."""

from collections.abc import Sequence
from uuid import UUID

from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from kernel.security import Principal
from modules.posts.repositories import VIEWER_STATES, bookmarks_query
from modules.posts.schemas import PostSummary, PostViewerState, PostViewerStates
from modules.posts.services.presentation import to_summaries
from modules.users import Directory


class ViewerReads:
    """What one reader does with posts, as it is committed."""

    def __init__(self, reader: Reader, directory: Directory) -> None:
        self._reader = reader
        self._directory = directory

    async def states(self, user_id: UUID, post_ids: Sequence[UUID]) -> PostViewerStates:
        """Their reactions and bookmarks, post by post; of what there is not, nothing."""
        records = await self._reader.all(VIEWER_STATES, user_id=user_id, ids=list(post_ids))
        return PostViewerStates(
            items={
                str(each.id): PostViewerState(reactions=each.reactions, bookmarked=each.bookmarked) for each in records
            }
        )

    async def bookmarks(self, me: Principal, *, cursor: str | None, limit: int) -> Page[PostSummary]:
        """What they keep in mind and may read at present, the latest first; raises `InvalidCursor`."""
        after_id = None if cursor is None else decode_cursor(cursor, "bookmarks", UUID)[0]
        query = bookmarks_query(further=cursor is not None)
        given = {"user_id": me.id, "reads_any": me.may("posts:read:any"), "after_id": after_id}
        records = await self._reader.all(query, **given, rows=limit + 1)
        shown = records[:limit]
        return Page(
            items=await to_summaries(shown, self._directory),
            next_cursor=encode_cursor("bookmarks", shown[-1].bookmark_id) if len(records) > limit else None,
        )
