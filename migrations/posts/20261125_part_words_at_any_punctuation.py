"""part words at any punctuation."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c41f7e92d05b"
down_revision: str | None = "5d0c9b7a41e8"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PUBLIC = "status = 'published' AND deleted_at IS NULL"

SEARCHED = """
    setweight(to_tsvector('simple', posts.apart(title)), 'A') ||
    setweight(to_tsvector('simple', posts.apart(posts.words(tags))), 'B') ||
    setweight(to_tsvector('simple', posts.apart(left(body, 80000))), 'C')
"""

JOINTS = r"""
    translate($1, U&'/.-+~@_:<&\2018\2019\201C\201D\201E\00AB\00BB\2026\2013\2014\00A0\3001\3002\30FB\300C\300D',
        E'\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x01')
"""

SIGNS = (
    r"\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u200a\u2010-\u206f\u20a0-\u20cf"
    r"\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3003\u3008-\u3020\u3030\ufe30-\ufe6f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40"
    r"\uff5b-\uff65\uffe0-\uffee\U0001f000-\U0001faff"
)
"""Spaces, punctuation, symbols and emoji beyond ASCII: part of a word to PostgreSQL where letters have no locale."""

PARTED = rf"regexp_replace({JOINTS}, '([{SIGNS}])', E'\x7f\\1\x7f', 'g')"
"""Each of them stands alone."""


def make(apart: str) -> None:
    """The words of every post anew, and their index."""
    op.drop_index("ix_posts_posts_search", table_name="posts", schema="posts")
    op.drop_column("posts", "search", schema="posts")
    op.execute(
        f"CREATE OR REPLACE FUNCTION posts.apart(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN {apart}"
    )
    op.add_column(
        "posts",
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(SEARCHED, persisted=True), nullable=False),
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
    make(PARTED)


def downgrade() -> None:
    make(JOINTS)
