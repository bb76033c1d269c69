"""What a recipient sees of a row: texts are made when they are read, with the names of that moment."""

from collections.abc import Sequence
from typing import Protocol, cast
from uuid import UUID

from modules.notifications.models import AnnouncementRow, NotificationRow
from modules.notifications.repositories import AnnouncementRepository
from modules.notifications.schemas import Notification, Target, TargetKind, Type
from modules.notifications.services.messages import message
from modules.posts import Post, Posts
from modules.users import Person, User, Users


class Place(Protocol):
    """Where something happened, as a row knows it, or what a mail is written from."""

    @property
    def target_kind(self) -> str: ...
    @property
    def target_id(self) -> UUID: ...
    @property
    def post_id(self) -> UUID | None: ...


def post_of(place: Place) -> UUID | None:
    """The post that it is about, or on which it happened."""
    return place.target_id if place.target_kind == "post" else place.post_id


def to_target(place: Place) -> Target:
    """What a notification is about, and where that is."""
    kind = cast("TargetKind", place.target_kind)
    match kind:
        case "post":
            url = f"/api/v1/posts/{place.target_id}"
        case "comment":
            url = f"/api/v1/posts/{place.post_id}/comments"
        case "user":
            url = f"/api/v1/users/{place.target_id}"
        case "announcement":
            url = "/api/v1/notifications?type=announcement"
        case "session":
            url = f"/api/v1/auth/sessions/{place.target_id}"
    return Target(kind=kind, id=place.target_id, url=url)


def to_notification(
    row: NotificationRow, actor: User | None, post: Post | None, said: AnnouncementRow | None
) -> Notification:
    """The single place where a row becomes something that its recipient may see."""
    kind = cast("Type", row.type)
    announced = (said.title, said.body) if said else None
    title, body = message(kind, actor=actor, post=post, count=row.count, detail=row.detail, said=announced)
    return Notification(
        id=row.id,
        type=kind,
        title=title,
        body=body,
        actor=Person.of(actor),
        target=to_target(row),
        count=row.count,
        read_at=row.read_at,
        archived_at=row.archived_at,
        created_at=row.created_at,
    )


class Presentation:
    """Rows with the people and posts that they name: one question a neighbour, however many rows."""

    def __init__(self, users: Users, posts: Posts, announcements: AnnouncementRepository) -> None:
        self._users = users
        self._posts = posts
        self._announcements = announcements

    async def of(self, rows: Sequence[NotificationRow]) -> tuple[Notification, ...]:
        """In their order."""
        actors = await self._users.find_many({row.actor_id for row in rows if row.actor_id})
        posts = await self._posts.find_many({post_id for row in rows if (post_id := post_of(row))})
        said = await self._announcements.by_ids({row.target_id for row in rows if row.target_kind == "announcement"})
        return tuple(
            to_notification(
                row,
                actors.get(row.actor_id) if row.actor_id else None,
                posts.get(post_id) if (post_id := post_of(row)) else None,
                said.get(row.target_id),
            )
            for row in rows
        )
