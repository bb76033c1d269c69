"""How the notifications module is mounted, and which events wake it."""

from kernel.module import Module
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber
from modules.notifications.controllers import InboxController
from modules.notifications.letters import welcome
from modules.notifications.services import provide_inbox_service, provide_presentation, provide_unread_counts
from modules.notifications.subscribers import greet, tell_followee, tell_followers
from modules.posts import PostPublished, provide_posts
from modules.users import UserFollowed, UserRegistered, provide_users


def notifications(kernel: KernelSettings) -> Module:
    """A module that needs configuration is a function of it."""
    return Module(
        name="notifications",
        controllers=[InboxController],
        dependencies={
            "users": provide_users,
            "posts": provide_posts,
            "presentation": provide_presentation,
            "inbox_service": provide_inbox_service,
            "unread_counts": provide_unread_counts,
        },
        subscribers=[
            Subscriber(UserRegistered, greet),
            Subscriber(UserFollowed, tell_followee),
            Subscriber(PostPublished, tell_followers),
        ],
        letters={"notifications.welcome": welcome(kernel)},
    )
