"""HTTP surface of the posts module, mounted at ``/api/v1/posts``."""

from modules.posts.controllers.posts import PostController
from modules.posts.controllers.states import StateController

__all__ = ["PostController", "StateController"]
