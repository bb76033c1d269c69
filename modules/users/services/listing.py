"""Lists of people, as they are committed."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from modules.users.contracts import User
from modules.users.directory import to_user
from modules.users.repositories import (
    BETWEEN,
    Side,
    Sort,
    UserFilters,
    follows_query,
    page_query,
    total_query,
)
from modules.users.schemas import Profile, ViewerState, ViewerStates


class UserLists:
    """Many people at once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def page(
        self, filters: UserFilters, sort: Sort, *, cursor: str | None, limit: int, include_total: bool
    ) -> Page[User]:
        """What an administrator looks for; raises `InvalidCursor`."""
        given = filters.given()
        form = frozenset(given)
        after, after_id = (None, None) if cursor is None else position_of(cursor, sort)
        query = page_query(form, sort, further=cursor is not None)
        records = await self._reader.all(query, **given, after=after, after_id=after_id, rows=limit + 1)
        totals = await self._reader.all(total_query(form), **given) if include_total else []
        shown = records[:limit]
        more = len(records) > limit
        return Page(
            items=tuple(map(to_user, shown)),
            next_cursor=encode_cursor(f"users {sort}", getattr(shown[-1], column_of(sort)), shown[-1].id)
            if more
            else None,
            total=totals[0].count if totals else msgspec.UNSET,
        )

    async def follows(self, user_id: UUID, side: Side, *, cursor: str | None, limit: int) -> Page[Profile]:
        """Who follows somebody, or whom they follow, newest first; raises `InvalidCursor`."""
        of = f"{side} {user_id}"
        before: UUID | None = None if cursor is None else decode_cursor(cursor, of, UUID)[0]
        query = follows_query(side, further=before is not None)
        records = await self._reader.all(query, user_id=user_id, before=before, rows=limit + 1)
        shown = records[:limit]
        more = len(records) > limit
        return Page(
            items=tuple(msgspec.convert(record, Profile, from_attributes=True) for record in shown),
            next_cursor=encode_cursor(of, shown[-1].follow_id) if more else None,
        )

    async def viewer_states(self, me: UUID, others: Collection[UUID]) -> ViewerStates:
        """Whom of these the caller follows, and who of them follows the caller."""
        pairs = await self._reader.all(BETWEEN, me=me, ids=list(others))
        following = {pair.followee_id for pair in pairs if pair.follower_id == me}
        followers = {pair.follower_id for pair in pairs if pair.followee_id == me}
        return ViewerStates(
            items={
                str(other): ViewerState(following=other in following, followed_by=other in followers)
                for other in others
            }
        )


def column_of(sort: Sort) -> str:
    """What is sorted by."""
    return sort.removeprefix("-")


def position_of(cursor: str, sort: Sort) -> tuple[datetime | str, UUID]:
    """Where the page before ended; raises `InvalidCursor`, also for a cursor of another order."""
    kind = datetime if column_of(sort) == "created_at" else str
    value, user_id = decode_cursor(cursor, f"users {sort}", kind, UUID)
    return value, user_id
