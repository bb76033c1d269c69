"""Bodies of requests and answers under ``/posts``."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

from modules.posts.contracts import Reaction, Status
from modules.users import Person

TAG = "^[a-z0-9-]{1,50}$"

Title: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200, examples=["Folding a quire"])]
Body: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=100_000, examples=["Four sheets, folded once, make eight leaves."])
]
Remark: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=10_000, examples=["With a bone folder it goes faster."])
]
Tag: TypeAlias = Annotated[str, msgspec.Meta(pattern=TAG, examples=["bookbinding"])]
Tags: TypeAlias = Annotated[
    list[Tag],
    msgspec.Meta(
        max_length=10,
        description="Each 1 to 50 characters of `a-z0-9-`; one that is there twice is kept once.",
        examples=[["bookbinding", "paper"]],
    ),
]
Slug: TypeAlias = Annotated[str, msgspec.Meta(examples=["folding-a-quire"])]
Excerpt: TypeAlias = Annotated[str, msgspec.Meta(examples=["Four sheets, folded once, make eight leaves."])]
Reactions: TypeAlias = Annotated[dict[str, int], msgspec.Meta(examples=[{"like": 3}])]


class WritePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new post: a draft, or public at once."""

    title: Title
    body: Body
    tags: Tags = []
    status: Literal["draft", "published"] = "draft"


class SchedulePost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a post goes public by itself."""

    scheduled_for: Annotated[
        datetime,
        msgspec.Meta(tz=True, description="A time in the future.", examples=["2027-01-31T12:00:00.000000Z"]),
    ]


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


class RevisionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A text of a post in a list; its writer may have left."""

    n: Annotated[int, msgspec.Meta(description="From 1 on, the present text has the highest.", examples=[1])]
    title: Title
    tags: Tags
    editor: Person | None
    created_at: datetime


class Revision(RevisionSummary, frozen=True, kw_only=True):
    """A text of a post: the one that it has, or one that it had."""

    body: Body


class PostSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A post in a list. The author may have left."""

    id: UUID
    slug: Slug
    title: Title
    excerpt: Excerpt
    tags: Tags
    status: Status
    author: Person | None
    reactions: Reactions
    comments_count: int
    version: int
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    scheduled_for: datetime | None


class FullPost(PostSummary, frozen=True, kw_only=True):
    """A post as it is read."""

    body: Body


class WriteComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new comment, or a reply to one of the same post."""

    body: Remark
    parent_id: UUID | None = None


class ChangeComment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another text."""

    body: Remark


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment; a reply has a `parent_id`. What was deleted has `deleted_at`, neither author nor text."""

    id: UUID
    post_id: UUID
    parent_id: UUID | None
    author: Person | None
    body: Annotated[str, msgspec.Meta(examples=["With a bone folder it goes faster."])]
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class TagCount(msgspec.Struct, frozen=True, kw_only=True):
    """A tag, and how many published posts carry it."""

    name: Tag
    posts_count: Annotated[int, msgspec.Meta(examples=[12])]


class Highlights(msgspec.Struct, frozen=True, kw_only=True):
    """HTML in which what was searched for is a `mark`, and nothing else is markup: the title, fragments of the body."""

    title: Annotated[str, msgspec.Meta(examples=["Folding a <mark>quire</mark>"])]
    body: Annotated[str, msgspec.Meta(examples=["A <mark>quire</mark> is four sheets &amp; one thread."])]


class FoundPost(PostSummary, frozen=True, kw_only=True):
    """A post that was searched for."""

    highlights: Highlights


class PostViewerState(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller does with a post."""

    reactions: Annotated[list[Reaction], msgspec.Meta(examples=[["like", "wow"]])]
    bookmarked: bool


class PostViewerStates(msgspec.Struct, frozen=True, kw_only=True):
    """What the caller does with posts, by their ids."""

    items: Annotated[
        dict[str, PostViewerState],
        msgspec.Meta(examples=[{"0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11": {"reactions": ["like"], "bookmarked": True}}]),
    ]
