"""Tables of the posts module."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema

PUBLIC = text("status = 'published' AND deleted_at IS NULL")
PRESENT = text("deleted_at IS NULL")
SCHEDULED = text("status = 'scheduled' AND deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")


SEARCHED = """
    setweight(to_tsvector('simple', posts.apart(title)), 'A') ||
    setweight(to_tsvector('simple', posts.apart(posts.words(tags))), 'B') ||
    setweight(to_tsvector('simple', posts.apart(left(body, 80000))), 'C')
"""
"""A title weighs more than tags, tags more than the body. (More of a body might not fit into a `tsvector`.)"""


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``posts``."""

    __abstract__ = True
    metadata = schema("posts")


class PostRow(Base):
    """A post. ``author_id`` names a user by id only: no relationship, no foreign key. ``version`` counts changes."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_posts_newest", "published_at", "id", postgresql_where=PUBLIC),
        Index("ix_posts_posts_top", "reactions_count", "id", postgresql_where=PUBLIC),
        Index("ix_posts_posts_author", "author_id", "published_at", "id", postgresql_where=PUBLIC),
        Index("ix_posts_posts_author_top", "author_id", "reactions_count", "id", postgresql_where=PUBLIC),
        Index("ix_posts_posts_tags", "tags", postgresql_using="gin", postgresql_where=PUBLIC),
        Index("ix_posts_posts_search", "search", postgresql_using="gin", postgresql_where=PUBLIC),
        Index("ix_posts_posts_mine", "author_id", "id", postgresql_where=PRESENT),
        Index("ix_posts_posts_mine_by_status", "author_id", "status", "id", postgresql_where=PRESENT),
        Index("ix_posts_posts_scheduled", "scheduled_for", postgresql_where=SCHEDULED),
        Index("ix_posts_posts_deleted", "deleted_at", postgresql_where=DELETED),
    )

    author_id: Mapped[UUID]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(201), default="", server_default="")
    """The beginning of the body, as lists show it."""
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    status: Mapped[str] = mapped_column(String(10))
    published_at: Mapped[datetime | None]
    """When it first went public; an unpublished post keeps it."""
    scheduled_for: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """Since when nobody sees it; see `RESTORABLE`."""
    deleted_by: Mapped[UUID | None]
    """Who took it away: what was not the author, the author does not bring back."""
    reactions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    reactions_count: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of all kinds together: the order of `top`."""
    comments_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    """The number of its present text; `RevisionRow` keeps those before."""
    editor_id: Mapped[UUID | None]
    """Whose the present text is, if not the author's first."""
    edited_at: Mapped[datetime | None]
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCHED, persisted=True), deferred=True)
    """The words that it is found by."""

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RevisionRow(Base):
    """What a post said before an edit; `created_at` is when that was written."""

    __tablename__ = "revisions"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    post_id: Mapped[UUID] = mapped_column(ForeignKey(PostRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    editor_id: Mapped[UUID | None]


class CommentRow(Base):
    """A comment on a post, or a reply to one. ``version`` counts edits."""

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_posts_comments_thread", "post_id", "thread_id", "id"),
        Index("ix_posts_comments_parent", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index("ix_posts_comments_author", "author_id"),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey(PostRow.id, ondelete="CASCADE"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("posts.comments.id", ondelete="CASCADE"))
    thread_id: Mapped[UUID] = mapped_column(Computed("coalesce(parent_id, id)", persisted=True))
    """The comment at its top: a thread stays together in lists."""
    author_id: Mapped[UUID]
    body: Mapped[str] = mapped_column(Text)
    deleted_at: Mapped[datetime | None]
    """Since when its text is gone; the row keeps the place above its replies."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class


class ReactionRow(Base):
    """Somebody reacted to a post in one way."""

    __tablename__ = "reactions"
    __table_args__ = (
        UniqueConstraint("post_id", "user_id", "kind"),
        Index("ix_posts_reactions_user", "user_id", "post_id"),
    )

    post_id: Mapped[UUID] = mapped_column(ForeignKey(PostRow.id, ondelete="CASCADE"))
    user_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(5))
    withdrawn_at: Mapped[datetime | None]
    """Since when it does not count. The row stays, so that the world hears of each reaction once."""


class BookmarkRow(Base):
    """Somebody keeps a post in mind; nobody else knows."""

    __tablename__ = "bookmarks"
    __table_args__ = (
        UniqueConstraint("user_id", "post_id"),
        Index("ix_posts_bookmarks_newest", "user_id", "id"),
        Index("ix_posts_bookmarks_post", "post_id"),
    )

    user_id: Mapped[UUID]
    post_id: Mapped[UUID] = mapped_column(ForeignKey(PostRow.id, ondelete="CASCADE"))


class TagRow(Base):
    """A tag, and how many public posts carry it: kept by PostgreSQL itself, see the migration."""

    __tablename__ = "tags"
    __table_args__ = (
        UniqueConstraint("name"),
        Index("ix_posts_tags_popular", text("posts_count DESC"), "name", postgresql_where=text("posts_count > 0")),
    )

    name: Mapped[str] = mapped_column(String(50, collation="C"))
    posts_count: Mapped[int]
