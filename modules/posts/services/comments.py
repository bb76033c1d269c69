"""Comments on posts, and replies to them: two levels, no more."""

from uuid import UUID

from kernel.db import utc_now
from kernel.errors import NotFound, PermissionDenied, ValidationFailed, Violation
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.reads import Reader
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.posts.cache_entities import COUNTS, post
from modules.posts.contracts import CommentWritten
from modules.posts.models import CommentRow
from modules.posts.repositories import (
    COMMENT,
    VISIBILITY,
    CommentRecord,
    CommentRepository,
    Visibility,
    comments_query,
)
from modules.posts.schemas import ChangeComment, Comment, WriteComment
from modules.posts.services.visibility import require_readable, visible_post
from modules.users import Directory, Person, User


def to_comment(row: CommentRow | CommentRecord, author: User | None) -> Comment:
    """The single place where a row becomes a comment; of what was deleted, nothing but its place."""
    is_there = row.deleted_at is None
    return Comment(
        id=row.id,
        post_id=row.post_id,
        parent_id=row.parent_id,
        author=Person.of(author) if is_there else None,
        body=row.body if is_there else "",
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


class CommentService:
    """Writing, editing and deleting comments, inside one transaction; what remains is counted when it commits."""

    def __init__(self, uow: UnitOfWork, directory: Directory) -> None:
        self._uow = uow
        self._directory = directory
        self._comments = CommentRepository(session=uow.session)

    async def write(self, me: Principal, post_id: UUID, form: WriteComment) -> Versioned[Comment]:
        """A comment, or a reply; one to a reply joins its thread. Raises `NotFound` or `ValidationFailed`."""
        visibility = await visible_post(self._uow, me, post_id)
        answered = None if form.parent_id is None else await self._answered(post_id, form.parent_id)
        row = CommentRow(
            post_id=post_id,
            parent_id=None if answered is None else answered.parent_id or answered.id,
            author_id=me.id,
            body=form.body,
        )
        self._uow.session.add(row)
        await self._uow.session.flush()
        self._uow.changes(post(post_id), COUNTS)
        await self._uow.publish(
            CommentWritten(
                comment_id=row.id,
                post_id=post_id,
                post_author_id=visibility.author_id,
                author_id=me.id,
                parent_id=None if answered is None else answered.id,
                parent_author_id=None if answered is None else answered.author_id,
            )
        )
        return await self._shown(row)

    async def change(
        self, me: Principal, comment_id: UUID, form: ChangeComment, if_match: IfMatch
    ) -> Versioned[Comment]:
        """Another text; raises `NotFound`, `PermissionDenied` or `PreconditionFailed`."""
        row = await self._to_edit(me, comment_id, if_match)
        row.body = form.body
        await self._uow.session.flush()
        return await self._shown(row)

    async def delete(self, me: Principal, comment_id: UUID, if_match: IfMatch) -> None:
        """Its text is gone at once and for good; replies stay. Raises what `change` raises."""
        row = await self._to_edit(me, comment_id, if_match)
        row.deleted_at, row.body = utc_now(), ""
        self._uow.changes(post(row.post_id), COUNTS)

    async def _answered(self, post_id: UUID, parent_id: UUID) -> CommentRow:
        row = await self._comments.present(parent_id)
        if row is None or row.post_id != post_id:
            raise ValidationFailed([Violation("/body/parent_id", "unknown", "This post has no such comment.")])
        return row

    async def _to_edit(self, me: Principal, comment_id: UUID, if_match: IfMatch) -> CommentRow:
        row = await self._comments.to_edit(comment_id)
        if row is None:
            raise NotFound
        await visible_post(self._uow, me, row.post_id)
        if row.author_id != me.id and not me.may("comments:write:any"):
            raise PermissionDenied
        if_match.check(row.version)
        return row

    async def _shown(self, row: CommentRow) -> Versioned[Comment]:
        authors = await self._directory.find_many({row.author_id})
        return Versioned(to_comment(row, authors.get(row.author_id)), row.version)


class CommentReads:
    """Comments as they are committed."""

    def __init__(self, reader: Reader, directory: Directory) -> None:
        self._reader = reader
        self._directory = directory

    async def read(self, caller: Principal | None, comment_id: UUID) -> tuple[Versioned[Comment], bool]:
        """One of them, and whether all may read it; raises `NotFound`, also for what was deleted."""
        record = await self._reader.one(COMMENT, comment_id=comment_id)
        if record is None:
            raise NotFound
        visibility = await self._visible(caller, record.post_id)
        authors = await self._directory.find_many({record.author_id})
        shown = to_comment(record, authors.get(record.author_id))
        return Versioned(shown, record.version), visibility.status == "published"

    async def page(
        self, caller: Principal | None, post_id: UUID, *, cursor: str | None, limit: int
    ) -> tuple[Page[Comment], bool]:
        """Comments of a post, and whether all may read them; raises `NotFound` or `InvalidCursor`."""
        of = f"comments {post_id}"
        after_thread, after_id = (None, None) if cursor is None else decode_cursor(cursor, of, UUID, UUID)
        visibility = await self._visible(caller, post_id)
        records = await self._reader.all(
            comments_query(further=cursor is not None),
            post_id=post_id,
            after_thread=after_thread,
            after_id=after_id,
            rows=limit + 1,
        )
        shown = records[:limit]
        authors = await self._directory.find_many({each.author_id for each in shown if each.deleted_at is None})
        page = Page(
            items=tuple(to_comment(each, authors.get(each.author_id)) for each in shown),
            next_cursor=encode_cursor(of, shown[-1].thread_id, shown[-1].id) if len(records) > limit else None,
        )
        return page, visibility.status == "published"

    async def _visible(self, caller: Principal | None, post_id: UUID) -> Visibility:
        found = await self._reader.one(VISIBILITY, post_id=post_id)
        return require_readable(caller, found)
