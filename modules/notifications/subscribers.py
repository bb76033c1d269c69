"""What this module does when something happens elsewhere: at least once, and visible once."""

from uuid import UUID

from kernel.unit_of_work import UnitOfWork
from modules.auth import SecurityNoticed
from modules.notifications.contracts import AnnouncementContinued, FanOutContinued
from modules.notifications.repositories import Fact
from modules.notifications.schemas import Type
from modules.notifications.services import Notifier, provide_announcement_service
from modules.posts import CommentWritten, PostPublished, ReactionAdded
from modules.users import UserFollowed, UserRegistered, provide_audience, provide_follows, provide_users

PAGE = 500
"""Followers that are told in one transaction: with twice as many, others wait half as long again in the meantime."""


def notifier(uow: UnitOfWork) -> Notifier:
    """In the transaction of a subscriber."""
    return Notifier(uow, provide_users(uow))


async def greet(event: UserRegistered, uow: UnitOfWork) -> None:
    """Welcome the newcomer, in the inbox and by mail."""
    fact = Fact(event_id=event.event_id, type="welcome", target_kind="user", target_id=event.user_id)
    await notifier(uow).notify_one(fact, event.user_id)


async def tell_followee(event: UserFollowed, uow: UnitOfWork) -> None:
    """Tell somebody about their new follower."""
    fact = Fact(
        event_id=event.event_id,
        type="new_follower",
        actor_id=event.follower_id,
        target_kind="user",
        target_id=event.follower_id,
    )
    await notifier(uow).notify_one(fact, event.followee_id)


async def tell_followers(event: PostPublished, uow: UnitOfWork) -> None:
    """Tell the first of those who follow the author."""
    await tell_some(uow, event.event_id, event.post_id, event.author_id, after=None)


async def tell_more_followers(event: FanOutContinued, uow: UnitOfWork) -> None:
    """Tell the next ones."""
    await tell_some(uow, event.origin_id, event.post_id, event.author_id, after=event.after)


async def tell_some(uow: UnitOfWork, origin_id: UUID, post_id: UUID, author_id: UUID, *, after: UUID | None) -> None:
    """Tell some of the followers and say, in the same transaction, where to go on.

    Whatever else is to be told takes its turn in between, and what a dying worker has not committed is told again.
    """
    fact = Fact(event_id=origin_id, type="post_published", actor_id=author_id, target_kind="post", target_id=post_id)
    followers = await provide_follows(uow).follower_ids(author_id, after=after, limit=PAGE)
    await notifier(uow).notify(fact, followers)
    if len(followers) == PAGE:
        next_ones = FanOutContinued(origin_id=origin_id, post_id=post_id, author_id=author_id, after=followers[-1])
        await uow.publish(next_ones)


async def tell_of_comment(event: CommentWritten, uow: UnitOfWork) -> None:
    """Tell whoever was answered, and the author of the post: one and the same person only of the answer."""
    told: dict[UUID, Type] = {event.post_author_id: "new_comment"}
    if event.parent_author_id is not None:
        told[event.parent_author_id] = "comment_reply"
    for recipient, kind in sorted(told.items()):
        fact = Fact(
            event_id=event.event_id,
            type=kind,
            actor_id=event.author_id,
            target_kind="comment",
            target_id=event.comment_id,
            post_id=event.post_id,
        )
        await notifier(uow).notify_one(fact, recipient)


async def tell_of_reaction(event: ReactionAdded, uow: UnitOfWork) -> None:
    """Tell the author of the post."""
    fact = Fact(
        event_id=event.event_id,
        type="new_reaction",
        detail=event.kind,
        actor_id=event.user_id,
        target_kind="post",
        target_id=event.post_id,
    )
    await notifier(uow).notify_one(fact, event.post_author_id)


async def warn(event: SecurityNoticed, uow: UnitOfWork) -> None:
    """Tell people what happened to their account; the mail about it is sent by auth."""
    fact = Fact(
        event_id=event.event_id,
        type="security_alert",
        detail=event.kind,
        target_kind="user" if event.session_id is None else "session",
        target_id=event.session_id or event.user_id,
    )
    await notifier(uow).notify_one(fact, event.user_id)


async def tell_everybody(event: AnnouncementContinued, uow: UnitOfWork) -> None:
    """Tell the next thousand people of an announcement, unless it was cancelled."""
    service = provide_announcement_service(uow, provide_users(uow), provide_audience(uow))
    await service.go_on(event.announcement_id, event.after)
