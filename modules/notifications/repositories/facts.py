"""What happened, as all its recipients are told."""

from uuid import UUID

import msgspec

from modules.notifications.schemas import TargetKind, Type

GATHERED: frozenset[Type] = frozenset({"new_follower", "new_reaction"})
"""Types whose repetitions are told together while nobody has read them: follows, and reactions to one post."""


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What all recipients of one event are told, by ids alone."""

    event_id: UUID
    type: Type
    detail: str | None = None
    actor_id: UUID | None = None
    target_kind: TargetKind
    target_id: UUID
    post_id: UUID | None = None
