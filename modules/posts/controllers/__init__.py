"""HTTP surface of the posts module, mounted at ``/api/v1/posts``."""

from modules.posts.controllers.posts import PostController

__all__ = ["PostController"]
