"""Posts: what people write."""

from modules.posts.contracts import InvalidTransition, Post, PostDeleted, PostPublished, Posts
from modules.posts.services import provide_posts

__all__ = ["InvalidTransition", "Post", "PostDeleted", "PostPublished", "Posts", "provide_posts"]
