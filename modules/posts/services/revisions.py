"""What posts said before."""

from uuid import UUID

import msgspec

from kernel.errors import NotFound, PermissionDenied
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from kernel.security import Principal
from kernel.versions import Versioned
from modules.posts.repositories import TEXT, VISIBILITY, RevisionRecord, revisions_query
from modules.posts.schemas import Revision, RevisionSummary
from modules.posts.services.visibility import may_write, require_readable
from modules.users import Directory, Person, User


def to_revision_summary(record: RevisionRecord, editor: User | None) -> RevisionSummary:
    """The single place where a record becomes an item of a list."""
    return RevisionSummary(
        n=record.number,
        title=record.title,
        tags=record.tags,
        editor=Person.of(editor),
        created_at=record.created_at,
    )


class RevisionReads:
    """All texts of a post, for its author and for those who may read or write any; others get `PermissionDenied`."""

    def __init__(self, reader: Reader, directory: Directory) -> None:
        self._reader = reader
        self._directory = directory

    async def page(self, me: Principal, post_id: UUID, *, cursor: str | None, limit: int) -> Page[RevisionSummary]:
        """The present text first; raises `NotFound` and `InvalidCursor`."""
        below = None if cursor is None else decode_cursor(cursor, f"revisions {post_id}", int)[0]
        await self._check(me, post_id)
        query = revisions_query(further=cursor is not None)
        records = await self._reader.all(query, post_id=post_id, below=below, rows=limit + 1)
        shown = records[:limit]
        editors = await self._directory.find_many({record.editor_id for record in shown})
        return Page(
            items=tuple(to_revision_summary(record, editors.get(record.editor_id)) for record in shown),
            next_cursor=encode_cursor(f"revisions {post_id}", shown[-1].number) if len(records) > limit else None,
        )

    async def read(self, me: Principal, post_id: UUID, n: int) -> Versioned[Revision]:
        """One text; raises `NotFound`."""
        await self._check(me, post_id)
        record = await self._reader.one(TEXT, post_id=post_id, number=n)
        if record is None:
            raise NotFound
        editors = await self._directory.find_many({record.editor_id})
        summary = to_revision_summary(record, editors.get(record.editor_id))
        return Versioned(Revision(body=record.body, **msgspec.structs.asdict(summary)), n)

    async def _check(self, me: Principal, post_id: UUID) -> None:
        found = await self._reader.one(VISIBILITY, post_id=post_id)
        post = require_readable(me, found)
        if not (may_write(me, post) or me.may("posts:read:any")):
            raise PermissionDenied
