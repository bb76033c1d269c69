"""Things that happen elsewhere, to people and posts that there are, and what becomes of them here."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import func, select

from kernel.db import new_id, utc_now
from kernel.events import Event
from kernel.runtime import Runtime
from modules.notifications.models import NotificationRow, PreferencesRow
from modules.notifications.repositories import PreferencesRepository
from modules.posts import CommentWritten, ReactionAdded
from modules.posts.models import PostRow
from modules.users import NewUser, User, UserFollowed, provide_accounts
from tests.running import deliver_everything


async def join(runtime: Runtime, name: str, *, verified: bool = True) -> User:
    """Somebody whose address is confirmed, unless it is said otherwise."""
    person = NewUser(email=f"{name}.{uuid4().hex}@example.org", name=name.title(), email_verified=verified)
    async with runtime.database.unit_of_work() as uow:
        return await provide_accounts(uow).create(person)


async def write(runtime: Runtime, author: User, title: str = "Folding", status: str = "published") -> UUID:
    """A post, without its event."""
    post = PostRow(id=new_id(), author_id=author.id, slug=uuid4().hex, title=title, body="x", tags=[], status=status)
    post.published_at = utc_now()
    async with runtime.database.unit_of_work() as uow:
        uow.session.add(post)
    return post.id


def follow_with(follower_id: UUID, followee_id: UUID) -> UserFollowed:
    return UserFollowed(follower_id=follower_id, followee_id=followee_id)


def comment(author: User, post_id: UUID, on: User, answering: User | None = None) -> CommentWritten:
    return CommentWritten(
        comment_id=new_id(),
        post_id=post_id,
        post_author_id=on.id,
        author_id=author.id,
        parent_id=None if answering is None else new_id(),
        parent_author_id=None if answering is None else answering.id,
    )


def reaction(person: User, post_id: UUID, author: User) -> ReactionAdded:
    return ReactionAdded(post_id=post_id, post_author_id=author.id, user_id=person.id, kind="like")


async def publish(runtime: Runtime, *events: Event) -> None:
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(*events)


async def publish_and_deliver(runtime: Runtime, *events: Event) -> None:
    await publish(runtime, *events)
    await deliver_everything(runtime)


async def row_of(runtime: Runtime, user_id: UUID, put: PreferencesRow | None = None) -> PreferencesRow:
    """Somebody's preferences as they are stored; or the ones that are ``put`` there."""
    async with runtime.database.unit_of_work() as uow:
        if put is not None:
            return await uow.session.merge(put)
        return await PreferencesRepository(session=uow.session).to_edit(user_id)


async def count(runtime: Runtime, *conditions: Any, of: type = NotificationRow) -> int:  # Any: of SQL
    async with runtime.database.unit_of_work() as uow:
        return await uow.session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0


async def told(runtime: Runtime, person: User) -> list[str]:
    """The types of somebody's notifications, as they came."""
    async with runtime.database.unit_of_work() as uow:
        mine = select(NotificationRow.type).where(
            NotificationRow.recipient_id == person.id, NotificationRow.hidden.is_(None)
        )
        types = (await uow.session.scalars(mine.order_by(NotificationRow.arrival))).all()
    return [kind for kind in types if kind != "welcome"]


def mails_to(mailbox: Path, person: User, *, welcome: bool = False) -> list[EmailMessage]:
    """What somebody found in their mailbox; the welcome only if it is asked for."""
    mails = (message_from_bytes(file.read_bytes(), EmailMessage, policy=default) for file in mailbox.glob("*.eml"))
    mine = [mail for mail in mails if mail["To"].addresses[0].addr_spec == person.email]
    hello = "Welcome to Quire"
    return [mail for mail in mine if (mail["Subject"] == hello) is welcome and "Confirm" not in mail["Subject"]]


def text_of(mail: EmailMessage, part: Literal["plain", "html"] = "plain") -> str:
    body = mail.get_body((part,))
    assert body is not None
    return str(body.get_content())
