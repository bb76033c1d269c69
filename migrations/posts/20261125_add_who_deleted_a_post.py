"""add who deleted a post."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "b8427f1d96ce"
down_revision: str | None = "e1f6a2c83d05"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("deleted_by", sa.Uuid(), nullable=True), schema="posts")


def downgrade() -> None:
    op.drop_column("posts", "deleted_by", schema="posts")
