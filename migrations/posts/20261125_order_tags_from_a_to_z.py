"""order tags from a to z."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "e1f6a2c83d05"
down_revision: str | None = "c41d7e02b9f6"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_index("ix_posts_tags_popular", table_name="tags", schema="posts")
    index(sa.text("posts_count DESC"))


def downgrade() -> None:
    op.drop_index("ix_posts_tags_popular", table_name="tags", schema="posts")
    index("posts_count")


def index(count: str | sa.TextClause) -> None:
    """Tags of most posts first, or last."""
    where = sa.text("posts_count > 0")
    op.create_index("ix_posts_tags_popular", "tags", [count, "name"], schema="posts", postgresql_where=where)
