"""Bringing notifications into inboxes, and looking at the rows."""

from uuid import UUID

import msgspec
from sqlalchemy import func, select

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.repositories import Fact, NotificationRepository
from modules.notifications.schemas import TargetKind, Type
from modules.posts import Post
from modules.users import User
from tests.callers import person


class Counts(msgspec.Struct, frozen=True):
    """How many notifications somebody has: all rows, the unread ones, and what the inbox says."""

    rows: int
    unread: int
    inbox: int


def followed_by(follower: User) -> Fact:
    return fact("new_follower", actor=follower.id, kind="user", target=follower.id)


def published_by(author: User, post: Post) -> Fact:
    return fact("post_published", actor=author.id, kind="post", target=post.id)


def welcomed(newcomer: User) -> Fact:
    return fact("welcome", actor=None, kind="user", target=newcomer.id)


def fact(type: Type, *, actor: UUID | None, kind: TargetKind, target: UUID) -> Fact:  # noqa: A002 - the contract's name
    """What an event of its own tells."""
    return Fact(event_id=new_id(), type=type, actor_id=actor, target_kind=kind, target_id=target)


def somebodys_post(title: str = "Folding") -> Post:
    return Post(id=new_id(), slug=title.lower(), title=title, author_id=person("Ann").id, status="published")


async def deliver(runtime: Runtime, news: Fact, *recipients: UUID) -> None:
    """In a transaction of its own."""
    async with runtime.database.unit_of_work() as uow:
        await NotificationRepository(session=uow.session).deliver(news, recipients)


async def counts(runtime: Runtime, recipient: UUID) -> Counts:
    """As the tables say."""
    unread = func.count().filter(NotificationRow.read_at.is_(None))
    rows = select(func.count(), unread).where(NotificationRow.recipient_id == recipient)
    async with runtime.database.unit_of_work() as uow:
        inbox = await uow.session.get(InboxRow, recipient)
        everything, waiting = (await uow.session.execute(rows)).tuples().one()
        return Counts(everything, waiting, inbox.unread if inbox else 0)
