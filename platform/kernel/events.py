"""Events: facts in the past tense. Pure, so that contracts may use them; ``kernel.outbox`` carries them."""

from typing import Any, TypeVar
from uuid import UUID

import msgspec
import uuid_utils.compat


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact. Subclass with ``frozen=True, tag="module.past_tense"``; the tag is the name on the wire.

    ``event_id`` names this one occurrence: what a subscriber makes of it exists at most once per ``event_id``.
    """

    event_id: UUID = msgspec.field(default_factory=uuid_utils.compat.uuid7)


E = TypeVar("E", bound=Event)


def topic(event: type[Event]) -> str:
    """The wire name of an event type."""
    return str(event.__struct_config__.tag)


def encode(event: Event) -> str:
    """As JSON."""
    return msgspec.json.encode(event).decode()


def decode(payload: dict[str, Any], kind: type[E]) -> E:  # Any: JSON
    """The inverse of `encode`; fields that a newer version added are ignored."""
    return msgspec.convert(payload, kind)
