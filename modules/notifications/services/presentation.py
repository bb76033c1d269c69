"""What a recipient sees of a row: words are made when they are read, in the names of now."""

from collections.abc import Mapping, Sequence
from typing import cast

from modules.notifications.models import NotificationRow
from modules.notifications.schemas import Notification, Target, TargetKind, Type
from modules.posts import Post, Posts
from modules.users import Person, User, Users

PLACES: Mapping[TargetKind, str] = {"post": "/api/v1/posts", "user": "/api/v1/users"}


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
        actor=Person.of(actor),
        target=to_target(row),
        count=row.count,
        read_at=row.read_at,
        archived_at=row.archived_at,
        created_at=row.created_at,
    )


class Presentation:
    """Rows with the people and posts that they name: one question a neighbour, however many rows."""

    def __init__(self, users: Users, posts: Posts) -> None:
        self._users = users
        self._posts = posts

    async def of(self, rows: Sequence[NotificationRow]) -> tuple[Notification, ...]:
        """In their order."""
        actors = await self._users.find_many({row.actor_id for row in rows if row.actor_id})
        posts = await self._posts.find_many({row.target_id for row in rows if row.target_kind == "post"})
        return tuple(
            to_notification(row, actors.get(row.actor_id) if row.actor_id else None, posts.get(row.target_id))
            for row in rows
        )
