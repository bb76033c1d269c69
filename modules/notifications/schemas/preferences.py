"""What people want to be told, and how."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from kernel.errors import Violation
from modules.notifications.schemas.inbox import Type

Channel: TypeAlias = Literal["in_app", "email"]
Digest: TypeAlias = Literal["off", "daily", "weekly"]
Hour: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=23, examples=[8])]
Timezone: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_+/-]{1,60}$", examples=["Europe/Berlin"])]

SECURITY: Type = "security_alert"
"""Always on."""


class Channels(msgspec.Struct, frozen=True, kw_only=True):
    """Where one type of notification goes."""

    in_app: bool
    email: bool


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a person wants to be told, and how.

    With a `digest`, mails are gathered and sent at `digest_hour` in `timezone`, weekly ones on Mondays.
    """

    types: Annotated[dict[Type, Channels], msgspec.Meta(examples=[{"new_comment": {"in_app": True, "email": True}}])]
    digest: Digest
    digest_hour: Hour
    timezone: Timezone


class ChannelChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any of the channels."""

    in_app: bool | msgspec.UnsetType = msgspec.UNSET
    email: bool | msgspec.UnsetType = msgspec.UNSET


class ChangePreferences(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any subset of the preferences: what is not named stays as it is. `security_alert` cannot be switched off."""

    types: (
        Annotated[dict[Type, ChannelChanges], msgspec.Meta(examples=[{"new_comment": {"email": False}}])]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    digest: Digest | msgspec.UnsetType = msgspec.UNSET
    digest_hour: Hour | msgspec.UnsetType = msgspec.UNSET
    timezone: Timezone | msgspec.UnsetType = msgspec.UNSET

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """Alerts that would be switched off, and a zone that nobody knows."""
        for channel, chosen in given.get("types", {}).get(SECURITY, {}).items():
            if not chosen:
                where = f"{pointer}/types/{SECURITY}/{channel}"
                yield Violation(where, "cannot_be_switched_off", "Security alerts cannot be switched off.")
        if "timezone" in given and zone_of(given["timezone"]) is None:
            yield Violation(f"{pointer}/timezone", "unknown_timezone", "Expected a time zone such as Europe/Berlin.")


def zone_of(name: str) -> ZoneInfo | None:
    """Out of the database of time zones; None if it is not in there."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
