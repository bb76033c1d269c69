"""Posts: what people write."""

from modules.posts.contracts import (
    CommentWritten,
    InvalidTransition,
    Post,
    PostDeleted,
    PostPublished,
    Posts,
    Reaction,
    ReactionAdded,
)
from modules.posts.services import provide_posts

__all__ = [
    "CommentWritten",
    "InvalidTransition",
    "Post",
    "PostDeleted",
    "PostPublished",
    "Posts",
    "Reaction",
    "ReactionAdded",
    "provide_posts",
]
