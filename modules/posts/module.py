"""How the posts module is mounted, and what it needs from others."""

from kernel.module import Module
from modules.posts.controllers import PostController
from modules.posts.seed import seed
from modules.posts.services import provide_post_reads, provide_post_service
from modules.users import provide_directory, provide_users

posts = Module(
    name="posts",
    controllers=[PostController],
    dependencies={
        "post_service": provide_post_service,
        "post_reads": provide_post_reads,
        "users": provide_users,
        "directory": provide_directory,
    },
    seed=seed,
    permissions={
        "posts:read:any": "Read posts that are not published.",
        "posts:write:any": "Edit, publish and archive anybody's posts.",
    },
)
