"""add comments, reactions and bookmarks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "2770ff484ead"
down_revision: str | None = "80132e870854"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTERS = (
    """
    CREATE FUNCTION posts.count_reaction() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        reaction posts.reactions := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        before int := CASE WHEN TG_OP <> 'INSERT' AND OLD.withdrawn_at IS NULL THEN 1 ELSE 0 END;
        after int := CASE WHEN TG_OP <> 'DELETE' AND NEW.withdrawn_at IS NULL THEN 1 ELSE 0 END;
    BEGIN
        UPDATE posts.posts SET
            reactions = jsonb_set(
                reactions,
                ARRAY[reaction.kind],
                to_jsonb(coalesce((reactions ->> reaction.kind)::int, 0) + after - before)
            ),
            reactions_count = reactions_count + after - before
        WHERE id = reaction.post_id AND after <> before;
        RETURN NULL;
    END $$
    """,
    """
    CREATE FUNCTION posts.count_comment() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        comment posts.comments := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        before int := CASE WHEN TG_OP <> 'INSERT' AND OLD.deleted_at IS NULL THEN 1 ELSE 0 END;
        after int := CASE WHEN TG_OP <> 'DELETE' AND NEW.deleted_at IS NULL THEN 1 ELSE 0 END;
    BEGIN
        UPDATE posts.posts SET comments_count = comments_count + after - before
        WHERE id = comment.post_id AND after <> before;
        RETURN NULL;
    END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER count_reaction AFTER INSERT OR DELETE OR UPDATE OF withdrawn_at ON posts.reactions
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posts.count_reaction()
    """,
    """
    CREATE CONSTRAINT TRIGGER count_comment AFTER INSERT OR DELETE OR UPDATE OF deleted_at ON posts.comments
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posts.count_comment()
    """,
)
"""The counters of a post equal the rows, whatever wrote them. They are counted when a transaction commits: of many who
react to one post at once, each holds its row for the time of a commit, not for that of a conversation."""


def upgrade() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.posts.id"], name=op.f("fk_bookmarks_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookmarks")),
        sa.UniqueConstraint("user_id", "post_id", name=op.f("uq_bookmarks_user_id_post_id")),
        schema="posts",
    )
    op.create_index("ix_posts_bookmarks_newest", "bookmarks", ["user_id", "id"], schema="posts")
    op.create_index("ix_posts_bookmarks_post", "bookmarks", ["post_id"], schema="posts")
    op.create_table(
        "comments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("thread_id", sa.Uuid(), sa.Computed("coalesce(parent_id, id)", persisted=True), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["posts.comments.id"], name=op.f("fk_comments_parent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.posts.id"], name=op.f("fk_comments_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        schema="posts",
    )
    op.create_index("ix_posts_comments_author", "comments", ["author_id"], schema="posts")
    op.create_index(
        "ix_posts_comments_parent",
        "comments",
        ["parent_id"],
        schema="posts",
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.create_index("ix_posts_comments_thread", "comments", ["post_id", "thread_id", "id"], schema="posts")
    op.create_table(
        "reactions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("post_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=5), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["posts.posts.id"], name=op.f("fk_reactions_post_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reactions")),
        sa.UniqueConstraint("post_id", "user_id", "kind", name=op.f("uq_reactions_post_id_user_id_kind")),
        schema="posts",
    )
    op.create_index("ix_posts_reactions_user", "reactions", ["user_id", "post_id"], schema="posts")
    for statement in COUNTERS:
        op.execute(statement)


def downgrade() -> None:
    for name in ("reactions", "comments", "bookmarks"):
        op.drop_table(name, schema="posts")
    op.execute("DROP FUNCTION posts.count_reaction(), posts.count_comment()")
