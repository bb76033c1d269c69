"""The life of a post: which act leads from which state to which."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from modules.posts.contracts import InvalidTransition, Status

Act: TypeAlias = Literal["publish", "unpublish", "archive", "schedule", "unschedule"]

TRANSITIONS: Mapping[tuple[Status, Act], Status] = {
    ("draft", "publish"): "published",
    ("scheduled", "publish"): "published",
    ("archived", "publish"): "published",
    ("published", "unpublish"): "draft",
    ("archived", "unpublish"): "draft",
    ("draft", "schedule"): "scheduled",
    ("scheduled", "schedule"): "scheduled",
    ("archived", "schedule"): "scheduled",
    ("scheduled", "unschedule"): "draft",
    ("draft", "archive"): "archived",
    ("published", "archive"): "archived",
}


def after(status: Status, act: Act) -> Status:
    """The next state; raises `InvalidTransition`."""
    try:
        return TRANSITIONS[status, act]
    except KeyError:
        raise InvalidTransition(f"A post that is {status} cannot be {act.removesuffix('e')}ed.") from None
