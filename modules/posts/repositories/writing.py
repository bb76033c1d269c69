"""Hot writes: one statement each, compiled once, in the transaction of the caller."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BigInteger, Boolean, Integer, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql

from kernel.db import new_id
from kernel.reads import Query
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch
from modules.posts.models import PostRow, RevisionRow
from modules.posts.repositories.reading import PRESENT, PUBLISHED, SCHEDULED, PostRecord, columns_of


class Identity(msgspec.Struct, frozen=True):
    """Of a row."""

    id: UUID


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None leaves it as it is."""

    title: str | None = None
    body: str | None = None
    excerpt: str | None = None
    tags: list[str] | None = None


INSERTED = [column for column in columns_of(PostRecord) if column is not PostRow.reactions]

INSERT = Query(
    postgresql.insert(PostRow)
    .values({column: bindparam(column.name, type_=column.type) for column in INSERTED})
    .values(reactions=func.jsonb_build_object(), revision=1)
    .on_conflict_do_nothing(index_elements=[PostRow.slug])
    .returning(PostRow.id),
    Identity,
)

TEXT = {name: getattr(PostRow, name) for name in Edit.__struct_fields__}
GIVEN = {name: bindparam(name, type_=column.type) for name, column in TEXT.items()}

ME, NOW = bindparam("me", type_=PostRow.author_id.type), bindparam("now", type_=PostRow.updated_at.type)
VERSIONS = bindparam("versions", type_=ARRAY(BigInteger()))

MINE_TO_EDIT = or_(
    PostRow.author_id == ME,
    and_(bindparam("writes_any", type_=Boolean()), or_(PUBLISHED, bindparam("reads_any", type_=Boolean()))),
)
OLD = (
    select(
        *(PostRow.id, PostRow.author_id, PostRow.title, PostRow.body, PostRow.tags),
        *(PostRow.revision, PostRow.editor_id, PostRow.edited_at, PostRow.created_at),
    )
    .where(PostRow.id == bindparam("post_id", type_=PostRow.id.type), PRESENT, MINE_TO_EDIT)
    .where(or_(VERSIONS.is_(None), PostRow.version == func.any(VERSIONS)))
    .with_for_update()
    .cte("old")
)
EDITED = (
    update(PostRow)
    .where(PostRow.id == OLD.c.id, or_(*(GIVEN[name] != column for name, column in TEXT.items())))
    .values({name: func.coalesce(GIVEN[name], column) for name, column in TEXT.items()})
    .values(version=PostRow.version + 1, revision=PostRow.revision + 1, editor_id=ME, edited_at=NOW, updated_at=NOW)
    .returning(*columns_of(PostRecord))
    .cte("edited")
)
KEPT = (
    insert(RevisionRow)
    .from_select(
        ["id", "post_id", "number", "title", "body", "tags", "editor_id", "created_at", "updated_at"],
        select(
            bindparam("revision_id", type_=PostRow.id.type),
            OLD.c.id,
            OLD.c.revision,
            OLD.c.title,
            OLD.c.body,
            OLD.c.tags,
            func.coalesce(OLD.c.editor_id, OLD.c.author_id),
            func.coalesce(OLD.c.edited_at, OLD.c.created_at),
            NOW,
        ).join_from(OLD, EDITED, OLD.c.id == EDITED.c.id),
        include_defaults=False,
    )
    .cte("kept")
)
EDIT = Query(select(EDITED).add_cte(KEPT), PostRecord)


class GonePublic(msgspec.Struct, frozen=True):
    """A post that has waited for its time."""

    id: UUID
    author_id: UUID
    is_first: bool
    """Nobody has heard of it before."""


DUE = (
    select(PostRow.id, PostRow.published_at.is_(None).label("is_first"))
    .where(SCHEDULED, PostRow.scheduled_for <= func.now())
    .order_by(PostRow.scheduled_for)
    .limit(bindparam("limit", type_=Integer()))
    .with_for_update(skip_locked=True)
    .cte("due")
)
PUBLISH_DUE = Query(
    update(PostRow)
    .where(PostRow.id == DUE.c.id)
    .values(
        status="published",
        published_at=func.coalesce(PostRow.published_at, func.now()),
        scheduled_for=None,
        version=PostRow.version + 1,
        updated_at=func.now(),
    )
    .returning(PostRow.id, PostRow.author_id, DUE.c.is_first),
    GonePublic,
)


async def insert_unless_taken(uow: UnitOfWork, record: PostRecord) -> bool:
    """Whether its slug was free; waits for a twin that is not committed yet."""
    return bool(await uow.run(INSERT, **msgspec.structs.asdict(record)))


async def publish_due(uow: UnitOfWork, *, limit: int) -> Sequence[GonePublic]:
    """Scheduled posts whose time has come are published; those that somebody else has in hand are passed over."""
    return await uow.run(PUBLISH_DUE, limit=limit)


async def edit(
    uow: UnitOfWork, post_id: UUID, change: Edit, *, editor: Principal, if_match: IfMatch, now: datetime
) -> PostRecord | None:
    """The post as it is from now on, its former text kept as a revision.

    Nothing where there is no such post for the editor, where it has another version, or where nothing would change.
    """
    edited = await uow.run(
        EDIT,
        post_id=post_id,
        me=editor.id,
        writes_any=editor.may("posts:write:any"),
        reads_any=editor.may("posts:read:any"),
        versions=None if if_match.versions is None else sorted(if_match.versions),
        revision_id=new_id(),
        now=now,
        **msgspec.structs.asdict(change),
    )
    return edited[0] if edited else None
