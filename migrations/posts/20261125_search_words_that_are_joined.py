"""search words that are joined."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "5d0c9b7a41e8"
down_revision: str | None = "b8427f1d96ce"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PUBLIC = "status = 'published' AND deleted_at IS NULL"

APART = r"""
    CREATE FUNCTION posts.apart(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN translate($1, U&'/.-+~@_:<&\2018\2019\201C\201D\201E\00AB\00BB\2026\2013\2014\00A0\3001\3002\30FB\300C\300D',
        E'\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x01')
"""
"""What joins words becomes what parts them, and each of it something else: highlights are put together again."""

JOINED = """
    setweight(to_tsvector('simple', title), 'A') ||
    setweight(to_tsvector('simple', posts.words(tags)), 'B') ||
    setweight(to_tsvector('simple', left(body, 80000)), 'C')
"""

SEARCHED = """
    setweight(to_tsvector('simple', posts.apart(title)), 'A') ||
    setweight(to_tsvector('simple', posts.apart(posts.words(tags))), 'B') ||
    setweight(to_tsvector('simple', posts.apart(left(body, 80000))), 'C')
"""


def make(searched: str) -> None:
    """The words of every post anew, and their index."""
    op.drop_index("ix_posts_posts_search", table_name="posts", schema="posts")
    op.drop_column("posts", "search", schema="posts")
    op.add_column(
        "posts",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(searched, persisted=True), nullable=False),
        schema="posts",
    )
    op.create_index(
        "ix_posts_posts_search",
        "posts",
        ["search"],
        schema="posts",
        postgresql_using="gin",
        postgresql_where=sa.text(PUBLIC),
    )


def upgrade() -> None:
    op.execute(APART)
    make(SEARCHED)


def downgrade() -> None:
    make(JOINED)
    op.execute("DROP FUNCTION posts.apart(text)")
