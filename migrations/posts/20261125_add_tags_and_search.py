"""add tags and search."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "c41d7e02b9f6"
down_revision: str | None = "2770ff484ead"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

PUBLIC = "status = 'published' AND deleted_at IS NULL"

WORDS = """
    CREATE FUNCTION posts.words(tags varchar[]) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_string(tags, ' ')
"""
"""What `array_to_string` is for text, although PostgreSQL cannot promise it for every type."""

SEARCHED = """
    setweight(to_tsvector('simple', title), 'A') ||
    setweight(to_tsvector('simple', posts.words(tags)), 'B') ||
    setweight(to_tsvector('simple', left(body, 80000)), 'C')
"""

COUNTED = """
    CREATE FUNCTION posts.count_tags() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        before varchar[] := '{}';
        after varchar[] := '{}';
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.status = 'published' AND OLD.deleted_at IS NULL THEN before := OLD.tags; END IF;
        IF TG_OP <> 'DELETE' AND NEW.status = 'published' AND NEW.deleted_at IS NULL THEN after := NEW.tags; END IF;
        INSERT INTO posts.tags AS tag (id, name, posts_count)
        SELECT gen_random_uuid(), name, sum(change)
        FROM (SELECT unnest(after) AS name, 1 AS change UNION ALL SELECT unnest(before), -1) AS changes
        GROUP BY name
        HAVING sum(change) > 0
            OR sum(change) < 0 AND EXISTS (SELECT 1 FROM posts.tags AS known WHERE known.name = changes.name)
        ORDER BY name
        ON CONFLICT (name) DO UPDATE SET posts_count = tag.posts_count + excluded.posts_count;
        RETURN NULL;
    END $$
"""
"""Tags are counted as reactions are: when a transaction commits, and in the order of their names."""

COUNTING = """
    CREATE CONSTRAINT TRIGGER count_tags AFTER INSERT OR DELETE OR UPDATE OF tags, status, deleted_at ON posts.posts
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION posts.count_tags()
"""

FILL = f"""
    INSERT INTO posts.tags (id, name, posts_count)
    SELECT gen_random_uuid(), name, count(*) FROM posts.posts, unnest(tags) AS name WHERE {PUBLIC} GROUP BY name
"""  # noqa: S608 - a constant


def upgrade() -> None:
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=50, collation="C"), nullable=False),
        sa.Column("posts_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tags")),
        sa.UniqueConstraint("name", name=op.f("uq_tags_name")),
        schema="posts",
    )
    op.create_index(
        "ix_posts_tags_popular",
        "tags",
        ["posts_count", "name"],
        schema="posts",
        postgresql_where=sa.text("posts_count > 0"),
    )
    for statement in (FILL, COUNTED, COUNTING, WORDS):
        op.execute(statement)
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


def downgrade() -> None:
    op.drop_index("ix_posts_posts_search", table_name="posts", schema="posts")
    op.drop_column("posts", "search", schema="posts")
    op.execute("DROP TRIGGER count_tags ON posts.posts")
    op.execute("DROP FUNCTION posts.words(varchar[]), posts.count_tags()")
    op.drop_table("tags", schema="posts")
