"""Reactions of a kind that the last one has taken back are not counted as none."""

from collections.abc import Sequence

from alembic import op

revision: str = "7a90e3c15f24"
down_revision: str | None = "c41f7e92d05b"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNTED = (
    "jsonb_set(reactions, ARRAY[reaction.kind], to_jsonb(coalesce((reactions ->> reaction.kind)::int, 0) + change))"
)


FUNCTION = """
    CREATE OR REPLACE FUNCTION posts.count_reaction() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        reaction posts.reactions := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
        before int := CASE WHEN TG_OP <> 'INSERT' AND OLD.withdrawn_at IS NULL THEN 1 ELSE 0 END;
        after int := CASE WHEN TG_OP <> 'DELETE' AND NEW.withdrawn_at IS NULL THEN 1 ELSE 0 END;
        change int := after - before;
    BEGIN
        UPDATE posts.posts SET reactions = COUNTED, reactions_count = reactions_count + change
        WHERE id = reaction.post_id AND change <> 0;
        RETURN NULL;
    END $$
"""


def upgrade() -> None:
    is_last = "(reactions ->> reaction.kind)::int + change = 0"
    op.execute(FUNCTION.replace("COUNTED", f"CASE WHEN {is_last} THEN reactions - reaction.kind ELSE {COUNTED} END"))
    op.execute(
        """
        UPDATE posts.posts SET reactions = (
            SELECT coalesce(jsonb_object_agg(kind, count), '{}') FROM jsonb_each(reactions) AS counted (kind, count)
            WHERE count <> '0'
        ) WHERE reactions @@ '$.* == 0'
        """
    )


def downgrade() -> None:
    op.execute(FUNCTION.replace("COUNTED", COUNTED))
