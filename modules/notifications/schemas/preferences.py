"""What people want to be told, and how."""

from typing import Annotated, Literal, TypeAlias

import msgspec

from modules.notifications.schemas.inbox import Type

Channel: TypeAlias = Literal["in_app", "email"]
Digest: TypeAlias = Literal["off", "daily", "weekly"]
Hour: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=23, examples=[8])]
Timezone: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_+/-]{1,60}$", examples=["Europe/Berlin"])]


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
