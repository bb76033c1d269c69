"""How the notifications module is mounted, and which events wake it."""

from collections.abc import Callable

from saq import CronJob

from kernel.module import Module
from kernel.settings import KernelSettings
from kernel.unit_of_work import Subscriber, UnitOfWork
from kernel.vault import Vault
from modules.auth import SecurityNoticed
from modules.notifications.contracts import AnnouncementContinued, FanOutContinued
from modules.notifications.controllers import (
    AnnouncementController,
    DeliveryController,
    InboxController,
    PreferencesController,
    UnsubscribeController,
    streaming,
)
from modules.notifications.letters import UnsubscribeLinks, letters
from modules.notifications.pages import one_click_page, pages
from modules.notifications.services import (
    Presentation,
    StreamHub,
    Tickets,
    erase,
    export,
    provide_announcement_service,
    provide_delivery_service,
    provide_inbox_service,
    provide_preferences_service,
    provide_presentation,
    provide_streaming,
    provide_unread_counts,
)
from modules.notifications.settings import NotificationsSettings
from modules.notifications.subscribers import (
    greet,
    tell_everybody,
    tell_followee,
    tell_followers,
    tell_more_followers,
    tell_of_comment,
    tell_of_reaction,
    warn,
)
from modules.notifications.tasks import forget_tickets, forget_what_is_old, repair_counts, send_digests
from modules.notifications.tokens import UnsubscribeTokens
from modules.posts import CommentWritten, PostPublished, Posts, ReactionAdded, provide_posts
from modules.users import UserFollowed, UserRegistered, Users, provide_audience, provide_directory, provide_users


def notifications(
    settings: NotificationsSettings,
    kernel: KernelSettings,
    *,
    provide_users: Callable[[UnitOfWork], Users] = provide_users,
    provide_posts: Callable[[UnitOfWork], Posts] = provide_posts,
) -> Module:
    """A module that needs configuration is a function of it, and of neighbours that it needs beyond its handlers."""
    vault = Vault(kernel.secret_keys)
    tokens = UnsubscribeTokens(vault)

    def presentation(uow: UnitOfWork) -> Presentation:
        return provide_presentation(uow, provide_users(uow), provide_posts(uow))

    hub = StreamHub(presentation, Tickets(vault))
    return Module(
        name="notifications",
        controllers=[
            AnnouncementController,
            DeliveryController,
            InboxController,
            PreferencesController,
            UnsubscribeController,
            *streaming(hub),
            one_click_page,
        ],
        root_controllers=pages,
        dependencies={
            "audience": provide_audience,
            "directory": provide_directory,
            "users": provide_users,
            "posts": provide_posts,
            "unsubscribe_tokens": lambda: tokens,
            "presentation": provide_presentation,
            "announcement_service": provide_announcement_service,
            "delivery_service": provide_delivery_service,
            "inbox_service": provide_inbox_service,
            "preferences_service": provide_preferences_service,
            "unread_counts": provide_unread_counts,
            "streaming": provide_streaming,
        },
        begin=hub.begin,
        subscribers=[
            Subscriber(UserRegistered, greet),
            Subscriber(UserFollowed, tell_followee),
            Subscriber(PostPublished, tell_followers),
            Subscriber(FanOutContinued, tell_more_followers),
            Subscriber(CommentWritten, tell_of_comment),
            Subscriber(ReactionAdded, tell_of_reaction),
            Subscriber(SecurityNoticed, warn),
            Subscriber(AnnouncementContinued, tell_everybody),
        ],
        schedule=[
            CronJob(send_digests, cron="*/5 * * * *", timeout=240),
            CronJob(forget_tickets, cron="*/5 * * * *"),
            CronJob(repair_counts, cron="20 4 * * *"),
            CronJob(forget_what_is_old(settings.retention_days), cron="50 4 * * *"),
        ],
        letters=letters(
            kernel, UnsubscribeLinks(tokens, public_url=kernel.public_url, page_url=settings.unsubscribe_url)
        ),
        permissions={
            "announcements:write:any": "Send announcements to all users, or to those with a role.",
            "deliveries:read:any": "See which mails went to which addresses, and their states.",
            "deliveries:write:any": "Send failed mails again.",
        },
        export=export,
        erase=erase,
    )
