"""What other modules may know of posts."""

from typing import Literal, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

import msgspec

from kernel.errors import Conflict
from kernel.events import Event

Status: TypeAlias = Literal["draft", "scheduled", "published", "archived"]
Reaction: TypeAlias = Literal["like", "love", "laugh", "wow", "sad"]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post by its name and place."""

    id: UUID
    slug: str
    title: str
    author_id: UUID
    status: Status


class PostPublished(Event, frozen=True, tag="posts.published"):
    """A post went public for the first time."""

    post_id: UUID
    author_id: UUID


class PostDeleted(Event, frozen=True, tag="posts.deleted"):
    """A post is gone for everybody; within thirty days its author may bring it back."""

    post_id: UUID
    author_id: UUID


class CommentWritten(Event, frozen=True, tag="posts.commented"):
    """Somebody commented on a post, or on the comment of ``parent_author_id``."""

    comment_id: UUID
    post_id: UUID
    post_author_id: UUID
    author_id: UUID
    parent_id: UUID | None = None
    parent_author_id: UUID | None = None


class ReactionAdded(Event, frozen=True, tag="posts.reacted"):
    """Somebody reacted to a post in this way for the first time."""

    post_id: UUID
    post_author_id: UUID
    user_id: UUID
    kind: Reaction


class InvalidTransition(Conflict):
    """The post's current state does not allow this."""


@runtime_checkable
class Posts(Protocol):
    """The facade: all that other modules can ask of this one."""

    async def find_many(self, post_ids: set[UUID]) -> dict[UUID, Post]:
        """Posts by id in one round trip; unknown ids, and what was deleted, are simply absent."""
        ...
