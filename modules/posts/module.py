"""How the posts module is mounted, and what it needs from others."""

from functools import partial

from saq import CronJob

from kernel.jobs import Poller
from kernel.module import Module
from modules.posts.controllers import (
    CommentController,
    DiscoveryController,
    PostController,
    ReactionController,
    RevisionController,
    StateController,
    ViewerController,
)
from modules.posts.seed import seed
from modules.posts.services import (
    erase,
    export,
    provide_bookmark_service,
    provide_comment_reads,
    provide_comment_service,
    provide_discovery,
    provide_post_reads,
    provide_post_service,
    provide_reaction_service,
    provide_revision_reads,
    provide_viewer_reads,
    publish_due,
)
from modules.posts.settings import PostSettings
from modules.posts.tasks import forget_deleted_posts
from modules.users import provide_directory, provide_follows


def posts(settings: PostSettings) -> Module:
    """A module that needs configuration is a function of it."""
    return Module(
        name="posts",
        controllers=[
            CommentController,
            DiscoveryController,
            PostController,
            ReactionController,
            RevisionController,
            StateController,
            ViewerController,
        ],
        dependencies={
            "post_service": provide_post_service,
            "post_reads": provide_post_reads,
            "comment_service": provide_comment_service,
            "comment_reads": provide_comment_reads,
            "reaction_service": provide_reaction_service,
            "bookmark_service": provide_bookmark_service,
            "viewer_reads": provide_viewer_reads,
            "revision_reads": provide_revision_reads,
            "discovery": provide_discovery,
            "follows": provide_follows,
            "directory": provide_directory,
        },
        schedule=[CronJob(forget_deleted_posts, cron="10 4 * * *")],
        pollers=[Poller(publish_due, seconds=0.5)],
        seed=seed,
        permissions={
            "posts:read:any": "Read posts that are not published.",
            "posts:write:any": "Edit, publish, archive and delete anybody's posts.",
            "comments:write:any": "Edit and delete anybody's comments.",
        },
        export=export,
        erase=partial(erase, keep_public=settings.on_erasure == "keep"),
    )
