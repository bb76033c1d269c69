"""Demo posts."""

from collections.abc import Iterator
from typing import Any

from slugify import slugify

from kernel.db import new_id
from kernel.demo import Demo
from modules.posts.services.presentation import excerpt_of

COLUMNS = (
    "id",
    "author_id",
    "slug",
    "title",
    "body",
    "excerpt",
    "tags",
    "status",
    "published_at",
    "created_at",
    "updated_at",
)
REST = ("reactions", "reactions_count", "comments_count", "version")
TAGS = ("craft", "databases", "essays", "gardening", "letters", "python", "tools", "travel")


async def seed(demo: Demo) -> None:
    """As many published posts as asked for, of about 500 bytes, over the last year."""
    await demo.copy("posts.posts", (*COLUMNS, *REST), rows(demo))


def rows(demo: Demo) -> Iterator[tuple[Any, ...]]:  # Any: values of many types
    """One at a time: a million of them fit into no list."""
    for _ in range(demo.posts):
        post_id, title, moment = new_id(), demo.sentence(), demo.moment()
        slug = f"{slugify(title)[:80]}-{post_id.hex[-12:]}"
        tags = demo.chance.sample(TAGS, demo.chance.randrange(4))
        author = demo.chance.choice(demo.people)
        body = demo.text(10)
        yield (
            post_id,
            author,
            slug,
            title,
            body,
            excerpt_of(body),
            tags,
            "published",
            moment,
            moment,
            moment,
            "{}",
            0,
            0,
            1,
        )
