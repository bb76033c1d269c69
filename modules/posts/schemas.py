"""Bodies of requests and answers under ``/posts``."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

from modules.posts.contracts import Status

Title: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Body: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]
Tag: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]{1,50}$")]
Tags: TypeAlias = Annotated[list[Tag], msgspec.Meta(max_length=10)]


class WritePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new post: a draft, or public at once."""

    title: Title
    body: Body
    tags: Tags = []
    status: Literal["draft", "published"] = "draft"


class ChangePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any subset of what can be edited."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    body: Body | msgspec.UnsetType = msgspec.UNSET
    tags: Tags | msgspec.UnsetType = msgspec.UNSET


class ReplacePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of what can be edited."""

    title: Title
    body: Body
    tags: Tags


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote it."""

    id: UUID
    username: str
    name: str


class PostSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A post in a list. The author may have left."""

    id: UUID
    slug: str
    title: str
    excerpt: str
    tags: list[str]
    status: Status
    author: Author | None
    reactions: dict[str, int]
    comments_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    scheduled_for: datetime | None


class FullPost(PostSummary, frozen=True, kw_only=True):
    """A post as it is read."""

    body: str
