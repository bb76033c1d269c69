"""The texts of each type of notification."""

from collections.abc import Mapping

from modules.notifications.schemas import Type
from modules.posts import Post
from modules.users import User

ALERTS: Mapping[str, tuple[str, str]] = {
    "new_device": ("New sign-in to your account", "From a device or network that you have not used before."),
    "password_changed": ("Your password was changed", "Your other devices have been signed out."),
    "session_reused": ("We have signed out one of your devices", "Its sign-in was used in two places at once."),
    "email_changed": ("Your e-mail address was changed", ""),
    "mfa_enabled": ("Two-factor authentication is on", "From now on, signing in takes a code as well."),
    "mfa_disabled": ("Two-factor authentication is off", "From now on, your password is enough to sign in."),
    "token_created": ("A personal access token was created", "A program can now act in your name."),
}


def message(
    kind: Type,
    *,
    actor: User | None,
    post: Post | None,
    count: int,
    detail: str | None,
    said: tuple[str, str] | None = None,
) -> tuple[str, str]:
    """Title and body; an announcement has its own (``said``). A post that is not public is not quoted."""
    who = together(actor, count)
    quoted = post.title if post and post.status == "published" else ""
    match kind:
        case "welcome":
            return "Welcome to Quire", "Write your first post, or follow somebody."
        case "new_follower":
            return (f"{who} follow you" if count > 1 else f"{who} follows you"), ""
        case "post_published":
            return f"{who} published a post", quoted
        case "new_comment":
            return f"{who} commented on your post", quoted
        case "comment_reply":
            return f"{who} replied to your comment", quoted
        case "new_reaction":
            return f"{who} reacted to your post", quoted
        case "announcement":
            return said or ("An announcement", "")
        case "security_alert":
            return ALERTS.get(detail or "", ("Something happened to your account", ""))


def together(actor: User | None, count: int) -> str:
    """The last one by name, the others by their number."""
    who = actor.name if actor else "Somebody"
    match count:
        case 1:
            return who
        case 2:
            return f"{who} and 1 other"
        case _:
            return f"{who} and {count - 1} others"
