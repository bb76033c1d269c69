"""Bringing notifications into inboxes, and looking at the rows."""

from uuid import UUID

import msgspec
from sqlalchemy import func, select

from kernel.db import new_id
from kernel.runtime import Runtime
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.repositories import ArrivalRepository, Fact
from modules.notifications.schemas import TargetKind, Type
from modules.posts import Post
from modules.users import User
from tests.callers import person


class Counts(msgspec.Struct, frozen=True):
    """How many notifications somebody can see: all of them, those that wait, and what the inbox says."""

    rows: int
    unread: int
    inbox: int


def followed_by(follower: User) -> Fact:
    return fact("new_follower", actor=follower.id, kind="user", target=follower.id)


def published_by(author: User, post: Post) -> Fact:
    return fact("post_published", actor=author.id, kind="post", target=post.id)


def welcomed(newcomer: User) -> Fact:
    return fact("welcome", actor=None, kind="user", target=newcomer.id)


def reacted(actor: User, post: Post) -> Fact:
    return fact("new_reaction", actor=actor.id, kind="post", target=post.id)


def fact(type: Type, *, actor: UUID | None, kind: TargetKind, target: UUID) -> Fact:  # noqa: A002 - the contract's name
    """What an event of its own tells."""
    return Fact(event_id=new_id(), type=type, actor_id=actor, target_kind=kind, target_id=target)


def somebodys_post(title: str = "Folding") -> Post:
    return Post(id=new_id(), slug=title.lower(), title=title, author_id=person("Ann").id, status="published")


async def deliver(runtime: Runtime, news: Fact, *recipients: UUID) -> None:
    """In a transaction of its own."""
    async with runtime.database.unit_of_work() as uow:
        uow.tells(await ArrivalRepository(session=uow.session).deliver(news, recipients))


async def gather(runtime: Runtime, news: Fact, recipient: UUID) -> int:
    """The same for one that repeats others."""
    async with runtime.database.unit_of_work() as uow:
        uow.tells([recipient])
        return await ArrivalRepository(session=uow.session).gather(news, recipient)


async def counts(runtime: Runtime, recipient: UUID) -> Counts:
    """As the tables say."""
    unread = func.count().filter(NotificationRow.read_at.is_(None), NotificationRow.archived_at.is_(None))
    rows = select(func.count(), unread).where(
        NotificationRow.recipient_id == recipient, NotificationRow.hidden.is_(None)
    )
    async with runtime.database.unit_of_work() as uow:
        inbox = await uow.session.get(InboxRow, recipient)
        everything, waiting = (await uow.session.execute(rows)).tuples().one()
        return Counts(everything, waiting, inbox.unread if inbox else 0)
