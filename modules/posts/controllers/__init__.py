"""HTTP surface of the posts module, mounted at ``/api/v1/posts``."""

from modules.posts.controllers.comments import CommentController
from modules.posts.controllers.discovery import DiscoveryController
from modules.posts.controllers.posts import PostController
from modules.posts.controllers.reactions import ReactionController
from modules.posts.controllers.revisions import RevisionController
from modules.posts.controllers.states import StateController
from modules.posts.controllers.viewing import ViewerController

__all__ = [
    "CommentController",
    "DiscoveryController",
    "PostController",
    "ReactionController",
    "RevisionController",
    "StateController",
    "ViewerController",
]
