"""Tables of the posts module."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema

PUBLISHED = text("status = 'published'")


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``posts``."""

    __abstract__ = True
    metadata = schema("posts")


class PostRow(Base):
    """A post. ``author_id`` names a user by id only: no relationship, no foreign key. ``version`` counts edits."""

    __tablename__ = "posts"
    __table_args__ = (
        Index("ix_posts_posts_newest", "published_at", "id", postgresql_where=PUBLISHED),
        Index("ix_posts_posts_author", "author_id", "published_at", "id", postgresql_where=PUBLISHED),
        Index("ix_posts_posts_tags", "tags", postgresql_using="gin", postgresql_where=PUBLISHED),
    )

    author_id: Mapped[UUID]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(50)))
    status: Mapped[str] = mapped_column(String(10))
    published_at: Mapped[datetime | None]
    """When it first went public; an unpublished post keeps it."""
    scheduled_for: Mapped[datetime | None]
    reactions: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    comments_count: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it from the class
