"""index what waits."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "7a4e90d2c5b1"
down_revision: str | None = "b02d054080b5"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "ix_notifications_notifications_waiting",
        "notifications",
        ["recipient_id", "arrival"],
        schema="notifications",
        postgresql_where=sa.text("read_at IS NULL AND archived_at IS NULL AND hidden IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_notifications_notifications_waiting", table_name="notifications", schema="notifications")
