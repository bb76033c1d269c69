"""Rules of the notifications module."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

from litestar.di import NamedDependency

from kernel.errors import NotFound
from kernel.pages import Page, decode_cursor, encode_cursor
from kernel.unit_of_work import UnitOfWork
from kernel.versions import Versioned
from modules.notifications.models import NotificationRow
from modules.notifications.repositories import InboxRepository, NotificationRepository
from modules.notifications.schemas import Actor, Notification, Target, TargetKind, Type, Unread
from modules.posts import Post, Posts
from modules.users import User, Users

PLACES: Mapping[TargetKind, str] = {"post": "/api/v1/posts", "user": "/api/v1/users"}


def to_actor(user: User | None) -> Actor | None:
    """What a recipient sees of a person; nothing of somebody who has left."""
    return None if user is None else Actor(id=user.id, username=user.username, name=user.name)


def to_target(row: NotificationRow) -> Target:
    """What a notification is about, and where that is."""
    kind = cast("TargetKind", row.target_kind)
    return Target(kind=kind, id=row.target_id, url=f"{PLACES[kind]}/{row.target_id}")


def words(kind: Type, actor: User | None, post: Post | None) -> tuple[str, str]:
    """Title and body, in the names of now."""
    who = actor.name if actor else "Somebody"
    match kind:
        case "welcome":
            return "Welcome to Quire", "Write your first post, or follow somebody."
        case "new_follower":
            return f"{who} follows you", ""
        case "post_published":
            return f"{who} published a post", post.title if post and post.status == "published" else ""


def to_notification(row: NotificationRow, actor: User | None, post: Post | None) -> Notification:
    """The single place where a row becomes something that its recipient may see."""
    kind = cast("Type", row.type)
    title, body = words(kind, actor, post)
    return Notification(
        id=row.id,
        type=kind,
        title=title,
        body=body,
        actor=to_actor(actor),
        target=to_target(row),
        count=row.count,
        read_at=row.read_at,
        archived_at=row.archived_at,
        created_at=row.created_at,
    )


class NotificationService:
    """One person's inbox, inside one transaction."""

    def __init__(self, uow: UnitOfWork, users: Users, posts: Posts) -> None:
        self._users = users
        self._posts = posts
        self._notifications = NotificationRepository(session=uow.session)
        self._inboxes = InboxRepository(session=uow.session)

    async def page(
        self, recipient_id: UUID, *, unread: bool | None, kind: Type | None, cursor: str | None, limit: int
    ) -> Page[Notification]:
        """Newest first; raises `InvalidCursor`."""
        after = None if cursor is None else decode_cursor(cursor, UUID)[0]
        rows = await self._notifications.page(recipient_id, unread=unread, kind=kind, after=after, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=await self._told(shown), next_cursor=encode_cursor(shown[-1].id) if len(rows) > limit else None
        )

    async def unread(self, recipient_id: UUID) -> Versioned[Unread]:
        """How many wait: one row is read, however many there are."""
        inbox = await self._inboxes.get_one_or_none(id=recipient_id)
        return Versioned(Unread(inbox.unread), inbox.version) if inbox else Versioned(Unread(0), 0)

    async def mark(self, recipient_id: UUID, notification_id: UUID, *, read: bool) -> None:
        """Set or clear the read mark; doing it twice is doing it once. Raises `NotFound`."""
        if await self._notifications.mark(recipient_id, notification_id, read=read):
            return
        if not await self._notifications.exists(id=notification_id, recipient_id=recipient_id):
            raise NotFound

    async def _told(self, rows: Sequence[NotificationRow]) -> tuple[Notification, ...]:
        actors = await self._users.find_many({row.actor_id for row in rows if row.actor_id})
        posts = await self._posts.find_many({row.target_id for row in rows if row.target_kind == "post"})
        return tuple(
            to_notification(row, actors.get(row.actor_id) if row.actor_id else None, posts.get(row.target_id))
            for row in rows
        )


def provide_notification_service(
    uow: NamedDependency[UnitOfWork], users: NamedDependency[Users], posts: NamedDependency[Posts]
) -> NotificationService:
    """Dependency provider."""
    return NotificationService(uow, users, posts)
