"""add revisions and deletion."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "80132e870854"
down_revision: str | None = "57b13a09dfaf"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PUBLISHED = "status = 'published'"
PUBLIC = "status = 'published' AND deleted_at IS NULL"
PRESENT = "deleted_at IS NULL"

LISTS = {
    "ix_posts_posts_newest": (["published_at", "id"], "btree"),
    "ix_posts_posts_author": (["author_id", "published_at", "id"], "btree"),
    "ix_posts_posts_tags": (["tags"], "gin"),
}
"""Indexes that leave out from now on what is deleted."""

NEW = {
    "ix_posts_posts_top": (["reactions_count", "id"], PUBLIC),
    "ix_posts_posts_author_top": (["author_id", "reactions_count", "id"], PUBLIC),
    "ix_posts_posts_mine": (["author_id", "id"], PRESENT),
    "ix_posts_posts_mine_by_status": (["author_id", "status", "id"], PRESENT),
    "ix_posts_posts_scheduled": (["scheduled_for"], "status = 'scheduled' AND deleted_at IS NULL"),
    "ix_posts_posts_deleted": (["deleted_at"], "deleted_at IS NOT NULL"),
}

WORDS = r"regexp_replace(btrim(left(body, 2000)), '\s+', ' ', 'g')"
FILL = f"""
    UPDATE posts.posts SET
        excerpt = CASE WHEN length({WORDS}) <= 200 THEN {WORDS} ELSE rtrim(left({WORDS}, 200)) || '…' END,
        reactions_count = (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(reactions))
"""  # noqa: S608 - a constant


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.String(length=50)), nullable=False),
        sa.Column("editor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.posts.id"], name=op.f("fk_revisions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("post_id", "number", name=op.f("uq_revisions_post_id_number")),
        schema="posts",
    )
    for column in (
        sa.Column("excerpt", sa.String(length=201), server_default="", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reactions_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("editor_id", sa.Uuid(), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("posts", column, schema="posts")
    op.execute(FILL)
    replace_lists(PUBLIC)
    for name, (columns, where) in NEW.items():
        op.create_index(name, "posts", columns, schema="posts", postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in NEW:
        op.drop_index(name, table_name="posts", schema="posts")
    op.execute("DELETE FROM posts.posts WHERE deleted_at IS NOT NULL")
    replace_lists(PUBLISHED)
    for name in ("edited_at", "editor_id", "revision", "reactions_count", "deleted_at", "excerpt"):
        op.drop_column("posts", name, schema="posts")
    op.drop_table("revisions", schema="posts")


def replace_lists(where: str) -> None:
    """Build the indexes of the lists again, of other rows."""
    for name, (columns, kind) in LISTS.items():
        op.drop_index(name, table_name="posts", schema="posts")
        op.create_index(name, "posts", columns, schema="posts", postgresql_using=kind, postgresql_where=sa.text(where))
