"""The mails that notifications sends, written when they are sent: what is not wanted any more by then is not sent.

To an address that nobody has confirmed, no letter repeats a name or a title: whoever signed up with somebody else's
address could write to them, in our name, as they like.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from kernel.mail import Compose, Letter, Link, Mail, Unsubscribe
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.notifications.repositories import (
    AnnouncementRepository,
    NotificationRepository,
    PreferencesRepository,
    wants,
)
from modules.notifications.schemas import Notification, Type
from modules.notifications.services import TYPES, Presentation, message, post_of, to_target
from modules.notifications.tokens import MailKind, UnsubscribeTokens
from modules.posts import provide_posts
from modules.users import User, provide_users

LISTED = 20
"""Notifications that a digest names; the others are counted."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail about one event is written from."""

    target_kind: str
    target_id: UUID
    actor_id: UUID | None = None
    post_id: UUID | None = None
    detail: str | None = None


class UnsubscribeLinks:
    """How to get no more of one kind of mail."""

    def __init__(self, tokens: UnsubscribeTokens, *, public_url: str, page_url: str) -> None:
        self._tokens = tokens
        self._one_click = f"{public_url}/api/v1/notifications/unsubscribe"
        self._page = page_url or f"{public_url}/unsubscribe"

    def of(self, user_id: UUID, kind: MailKind) -> Unsubscribe:
        """For one person."""
        token = self._tokens.issue(user_id, kind)
        separator = "&" if "?" in self._page else "?"
        page = Link("No more mails like this", f"{self._page}{separator}token={token}")
        return Unsubscribe(one_click=f"{self._one_click}?token={token}", page=page)


def letters(kernel: KernelSettings, unsubscribe_links: UnsubscribeLinks) -> Mapping[str, Compose]:
    """Every kind of mail of this module."""

    def about(kind: Type) -> Compose:
        async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
            user = await recipient(mail, uow)
            if user is None or not await wanted(uow, user, kind):
                return None
            said = await in_words(kind, msgspec.convert(mail.facts, Told, strict=False), user, uow)
            if said is None:
                return None
            title, body, place = said
            paragraphs = ("Hello, your account is ready." if kind == "welcome" else f"{title}.", body)
            return Letter(
                subject=title,
                paragraphs=tuple(paragraph for paragraph in paragraphs if paragraph),
                link=Link("Have a look", f"{kernel.public_url}{place}"),
                unsubscribe=unsubscribe_links.of(user.id, kind),
            )

        return compose

    async def digest(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = await recipient(mail, uow)
        chosen = None if user is None else (await PreferencesRepository(session=uow.session).of([user.id])).get(user.id)
        if user is None or chosen is None or chosen.digest == "off":
            return None
        kinds = [kind for kind in TYPES if wants(chosen, kind, "email")]
        rows, count = await NotificationRepository(session=uow.session).waiting(
            user.id, kinds, after=int(mail.facts["after"]), up_to=int(mail.facts["up_to"]), limit=LISTED
        )
        if not rows:
            return None
        named = await presentation(uow).of(rows) if user.email_verified else ()
        return Letter(
            subject="1 new notification" if count == 1 else f"{count} new notifications",
            paragraphs=("Hello, this is what has happened since the last digest.", *map(in_one_line, named)),
            link=Link("Have a look", kernel.public_url),
            unsubscribe=unsubscribe_links.of(user.id, "digest"),
        )

    return {f"notifications.{kind}": about(kind) for kind in TYPES} | {"notifications.digest": digest}


def presentation(uow: UnitOfWork) -> Presentation:
    """In the transaction that sends."""
    return Presentation(provide_users(uow), provide_posts(uow), AnnouncementRepository(session=uow.session))


async def recipient(mail: Mail, uow: UnitOfWork) -> User | None:
    """Whom the mail is for, unless they have left."""
    user = await provide_users(uow).find(mail.user_id)
    return user if user is not None and user.is_active else None


async def wanted(uow: UnitOfWork, user: User, kind: Type) -> bool:
    """Whether they want such mails, by now."""
    return wants((await PreferencesRepository(session=uow.session).of([user.id])).get(user.id), kind, "email")


async def in_words(kind: Type, told: Told, user: User, uow: UnitOfWork) -> tuple[str, str, str] | None:
    """Title, body and place; nothing about who has left, nor about what has gone out of sight."""
    people = {told.actor_id} if told.actor_id else set()
    actor = (await provide_users(uow).find_many(people)).get(told.actor_id) if told.actor_id else None
    post_id = post_of(told)
    post = (await provide_posts(uow).find_many({post_id})).get(post_id) if post_id else None
    if (told.actor_id and actor is None) or (post_id and (post is None or post.status != "published")):
        return None
    if not user.email_verified:
        actor = post = None
    announcements = AnnouncementRepository(session=uow.session)
    said = await announcements.get_one_or_none(id=told.target_id) if kind == "announcement" else None
    announced = (said.title, said.body) if said else None
    title, body = message(kind, actor=actor, post=post, count=1, detail=told.detail, said=announced)
    return title, body, "" if kind == "welcome" else to_target(told).url


def in_one_line(notification: Notification) -> str:
    """As a digest lists it."""
    return f"{notification.title}: {notification.body}" if notification.body else f"{notification.title}."
