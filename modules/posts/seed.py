"""Demo posts, and what readers do with them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from slugify import slugify

from kernel.db import new_id
from kernel.demo import Demo
from modules.posts.services.presentation import excerpt_of

POST = (
    *("id", "author_id", "slug", "title", "body", "excerpt", "tags", "status", "published_at"),
    *("created_at", "updated_at", "reactions", "reactions_count", "comments_count", "version"),
)
COMMENT = ("id", "post_id", "parent_id", "author_id", "body", "version", "created_at", "updated_at")
REACTION = ("id", "post_id", "user_id", "kind", "created_at", "updated_at")
TAGS = ("craft", "databases", "essays", "gardening", "letters", "python", "tools", "travel")
KINDS = ("like", "like", "like", "love", "laugh", "wow", "sad")
LIVELY = 0.1
"""The part of all posts that readers have something to say about."""

COUNT_TAGS = """
    INSERT INTO posts.tags (id, name, posts_count)
    SELECT gen_random_uuid(), name, count(*) FROM posts.posts, unnest(tags) AS name GROUP BY name
"""

Row = tuple[Any, ...]  # Any: values of many types


async def seed(demo: Demo) -> None:
    """As many published posts as asked for, of about 500 bytes, over the last year; a tenth of them is talked about.

    All counters are made with the rows: those that PostgreSQL keeps would be kept a hundred thousand times.
    """
    await keep_counters(demo, "DISABLE")
    comments: list[Row] = []
    reactions: list[Row] = []
    await demo.copy("posts.posts", POST, posts(demo, comments, reactions))
    await demo.copy("posts.comments", COMMENT, comments)
    await demo.copy("posts.reactions", REACTION, reactions)
    await demo.connection.execute(COUNT_TAGS)
    await keep_counters(demo, "ENABLE")


async def keep_counters(demo: Demo, switch: str) -> None:
    """On or off, until this transaction ends as it may."""
    for table in ("posts", "comments", "reactions"):
        await demo.connection.execute(f"ALTER TABLE posts.{table} {switch} TRIGGER USER")


def posts(demo: Demo, comments: list[Row], reactions: list[Row]) -> Iterator[Row]:
    """One at a time: a million of them fit into no list. What readers do with them is added to the lists."""
    for _ in range(demo.posts):
        post_id, title, moment = new_id(), demo.sentence(), demo.moment()
        counts: dict[str, int] = {}
        said = 0
        if demo.chance.random() < LIVELY:
            counts = react(demo, post_id, moment, reactions)
            said = discuss(demo, post_id, moment, comments)
        body = demo.text(10)
        yield (
            post_id,
            demo.chance.choice(demo.people),
            f"{slugify(title)[:80]}-{post_id.hex[-12:]}",
            title,
            body,
            excerpt_of(body),
            demo.chance.sample(TAGS, demo.chance.randrange(4)),
            "published",
            moment,
            moment,
            moment,
            msgspec.json.encode(counts).decode(),
            sum(counts.values()),
            said,
            1,
        )


def react(demo: Demo, post_id: UUID, moment: datetime, reactions: list[Row]) -> dict[str, int]:
    """Some people, each in one way; how many in which."""
    counts: dict[str, int] = {}
    for reader in demo.chance.sample(demo.people, min(len(demo.people), demo.chance.randrange(1, 6))):
        kind = demo.chance.choice(KINDS)
        counts[kind] = counts.get(kind, 0) + 1
        reactions.append((new_id(), post_id, reader, kind, moment, moment))
    return counts


def discuss(demo: Demo, post_id: UUID, moment: datetime, comments: list[Row]) -> int:
    """A comment and a few replies; how many together."""
    parent_id, top = None, new_id()
    replies = demo.chance.randrange(3)
    for number in range(1 + replies):
        moment += timedelta(minutes=7)
        comment_id = top if number == 0 else new_id()
        author = demo.chance.choice(demo.people)
        comments.append((comment_id, post_id, parent_id, author, f"{demo.sentence()}.", 1, moment, moment))
        parent_id = top
    return 1 + replies
