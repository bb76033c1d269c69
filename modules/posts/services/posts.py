"""Writing and publishing posts."""

import secrets
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import cast
from uuid import UUID

import msgspec
from slugify import slugify

from kernel.db import new_id, utc_now
from kernel.errors import NotFound, PermissionDenied, ValidationFailed, Violation
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.posts.cache_entities import LISTS, post
from modules.posts.contracts import InvalidTransition, PostDeleted, PostPublished, Status
from modules.posts.models import PostRow
from modules.posts.repositories import Edit, PostRecord, PostRepository, RevisionRepository, edit, insert_unless_taken
from modules.posts.schemas import ChangePost, FullPost, ReplacePost, WritePost
from modules.posts.services.presentation import excerpt_of, to_full_post
from modules.posts.services.states import Act, after
from modules.posts.services.visibility import may_read, may_write
from modules.users import Directory

RESTORABLE = timedelta(days=30)
"""How long what was deleted can be brought back."""


def slug_from(title: str) -> str:
    """The title in a form that fits a URL."""
    return slugify(title, max_length=100, word_boundary=True) or "post"


class PostService:
    """Everything that can be done to posts, inside one transaction."""

    def __init__(self, uow: UnitOfWork, directory: Directory) -> None:
        self._uow = uow
        self._directory = directory

    @cached_property
    def _posts(self) -> PostRepository:
        return PostRepository(session=self._uow.session)

    async def write(self, me: Principal, form: WritePost) -> Versioned[FullPost]:
        """A new post under a slug of its own."""
        now, slug = utc_now(), slug_from(form.title)
        record = PostRecord(
            id=new_id(),
            author_id=me.id,
            slug=slug,
            title=form.title,
            body=form.body,
            excerpt=excerpt_of(form.body),
            tags=unique(form.tags),
            status=form.status,
            published_at=now if form.status == "published" else None,
            scheduled_for=None,
            reactions={},
            reactions_count=0,
            comments_count=0,
            version=1,
            created_at=now,
            updated_at=now,
        )
        while not await insert_unless_taken(self._uow, record):
            record = msgspec.structs.replace(record, slug=f"{slug}-{secrets.token_hex(3)}")
        if form.status == "published":
            self._uow.changes(LISTS)
            await self._uow.publish(PostPublished(post_id=record.id, author_id=me.id))
        return await self._shown(record)

    async def change(
        self, me: Principal, post_id: UUID, form: ChangePost | ReplacePost, if_match: IfMatch
    ) -> Versioned[FullPost]:
        """Apply what was sent, leave the rest alone; raises `NotFound`, `PermissionDenied` or `PreconditionFailed`."""
        change = partial(edit, self._uow, post_id, to_edit(form), editor=me, if_match=if_match, now=utc_now())
        edited = await change()
        if edited is None:
            row = await self._to_edit(me, post_id, if_match)  # or the reason why it was not
            edited = await change()  # and it may just have become possible; from here on, nobody else changes the row
            if edited is None:
                return await self._shown(row)
        if edited.status == "published":  # no cached value embeds another
            self._uow.changes(post(post_id), LISTS)
        return await self._shown(edited)

    async def move(
        self, me: Principal, post_id: UUID, act: Act, if_match: IfMatch, *, scheduled_for: datetime | None = None
    ) -> Versioned[FullPost]:
        """One step in its life; raises `InvalidTransition` and what `change` raises."""
        row = await self._to_edit(me, post_id, if_match)
        row.status = after(cast("Status", row.status), act)
        row.scheduled_for = scheduled_for
        if row.status == "published" and row.published_at is None:
            row.published_at = utc_now()
            await self._uow.publish(PostPublished(post_id=row.id, author_id=row.author_id))
        await self._uow.session.flush()
        self._uow.changes(post(post_id), LISTS)
        return await self._shown(row)

    async def schedule(self, me: Principal, post_id: UUID, moment: datetime, if_match: IfMatch) -> Versioned[FullPost]:
        """Let it go public by itself then, within two seconds; raises `ValidationFailed` and what `move` raises."""
        if moment <= utc_now():
            raise ValidationFailed(
                [Violation("/body/scheduled_for", "not_in_future", "Expected a time in the future.")]
            )
        return await self.move(me, post_id, "schedule", if_match, scheduled_for=moment)

    async def return_to(self, me: Principal, post_id: UUID, n: int, if_match: IfMatch) -> Versioned[FullPost]:
        """Give it the text of a revision again, as one more edit; raises what `change` raises."""
        row = await self._to_edit(me, post_id, if_match)
        text = await RevisionRepository(session=self._uow.session).get_one_or_none(post_id=post_id, number=n)
        if text is not None:
            form = ReplacePost(title=text.title, body=text.body, tags=text.tags)
            return await self.change(me, post_id, form, if_match)
        if n != row.revision:
            raise NotFound
        return await self._shown(row)

    async def delete(self, me: Principal, post_id: UUID, if_match: IfMatch) -> None:
        """Take it away from everybody, at once; raises what `change` raises."""
        row = await self._to_edit(me, post_id, if_match)
        row.deleted_at, row.deleted_by = utc_now(), me.id
        self._uow.changes(post(post_id), LISTS)
        await self._uow.publish(PostDeleted(post_id=post_id, author_id=row.author_id))

    async def restore(self, me: Principal, post_id: UUID, if_match: IfMatch) -> Versioned[FullPost]:
        """Bring it back as it was, a scheduled one as a draft; raises `InvalidTransition` for what is not deleted.

        What a moderator has deleted is brought back by moderators alone: for its author, `PermissionDenied`.
        """
        row = await self._posts.to_edit(post_id)
        if row is None or row.deleted_at is None:
            editable(me, row)
            raise InvalidTransition("The post is not deleted.")
        if row.deleted_at < utc_now() - RESTORABLE or not (may_read(me, row) and may_write(me, row)):
            raise NotFound
        if row.deleted_by not in {None, row.author_id} and not me.may("posts:write:any"):
            raise PermissionDenied
        if_match.check(row.version)
        row.deleted_at = row.deleted_by = None
        if row.status == "scheduled":
            row.status, row.scheduled_for = "draft", None
        await self._uow.session.flush()
        self._uow.changes(post(post_id), LISTS)
        return await self._shown(row)

    async def _shown(self, row: PostRow | PostRecord) -> Versioned[FullPost]:
        authors = await self._directory.find_many({row.author_id})
        return Versioned(to_full_post(row, authors.get(row.author_id)), row.version)

    async def _to_edit(self, me: Principal, post_id: UUID, if_match: IfMatch) -> PostRow:
        row = editable(me, await self._posts.to_edit(post_id))
        if_match.check(row.version)
        return row


def editable(me: Principal, row: PostRow | None) -> PostRow:
    """The row, if there is one that the caller may edit; raises `NotFound` or `PermissionDenied`."""
    if row is None or row.deleted_at is not None or not may_read(me, row):
        raise NotFound
    if not may_write(me, row):
        raise PermissionDenied
    return row


def unique(tags: list[str]) -> list[str]:
    """Each tag once, in the order given."""
    return list(dict.fromkeys(tags))


def to_edit(form: ChangePost | ReplacePost) -> Edit:
    """What a form asks for."""
    given = {name: value for name, value in msgspec.structs.asdict(form).items() if value is not msgspec.UNSET}
    if "tags" in given:
        given["tags"] = unique(given["tags"])
    if "body" in given:
        given["excerpt"] = excerpt_of(given["body"])
    return Edit(**given)
