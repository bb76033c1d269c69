"""Bodies of requests and answers under ``/users``."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

import msgspec

from kernel.errors import Violation
from kernel.identity import unreachable
from modules.users.contracts import Email, Name, Person, Username

Bio: TypeAlias = Annotated[str, msgspec.Meta(max_length=2000, examples=["Poetical science."])]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What anybody may see of a person."""

    id: UUID
    username: Annotated[str, msgspec.Meta(examples=["ada_lovelace"])]
    name: Annotated[str, msgspec.Meta(examples=["Ada Lovelace"])]
    bio: Annotated[str, msgspec.Meta(examples=["Poetical science."])]
    followers_count: Annotated[int, msgspec.Meta(examples=[12])]
    following_count: Annotated[int, msgspec.Meta(examples=[3])]
    created_at: datetime


class ChangeProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any subset of what a person may change about themselves."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    bio: Bio | msgspec.UnsetType = msgspec.UNSET
    username: Username | msgspec.UnsetType = msgspec.UNSET


class ReplaceProfile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of what a person may change about themselves."""

    name: Name
    bio: Bio
    username: Username


RoleName: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_-]{1,100}$", examples=["editor"])]
Permission: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["posts:write:any"])]
Description: TypeAlias = Annotated[str, msgspec.Meta(max_length=200, examples=["Keeps the blog in order."])]
RoleNames: TypeAlias = Annotated[list[RoleName], msgspec.Meta(max_length=20, examples=[["moderator"]])]
Permissions: TypeAlias = Annotated[list[Permission], msgspec.Meta(max_length=100, examples=[["posts:write:any"]])]


class OpenAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is to have an account. They get a mail to set a password."""

    email: Email
    name: Name
    username: Username | None = None
    roles: RoleNames = []

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """An address to which no mail can be sent."""
        if "email" in given:
            yield from unreachable(given["email"], f"{pointer}/email")


class GiveRoles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All roles of somebody."""

    roles: RoleNames


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """What its holders may do."""

    name: RoleName
    description: Description
    permissions: Permissions
    is_built_in: bool


class MakeRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new role."""

    name: RoleName
    description: Description = ""
    permissions: Permissions = []


class ChangeRole(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Any subset of what can be changed; holders may do other things within a second."""

    description: Description | msgspec.UnsetType = msgspec.UNSET
    permissions: Permissions | msgspec.UnsetType = msgspec.UNSET


class PermissionMeaning(msgspec.Struct, frozen=True, kw_only=True):
    """Something that roles can allow."""

    name: Permission
    description: Annotated[str, msgspec.Meta(examples=["Edit, publish and archive anybody's posts."])]


class ViewerState(msgspec.Struct, frozen=True, kw_only=True):
    """What is between the caller and somebody."""

    following: bool
    followed_by: bool


class ViewerStates(msgspec.Struct, frozen=True, kw_only=True):
    """By the ids that were asked for."""

    items: dict[str, ViewerState]


class AuditedAct(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to whom, from where. Nobody is the system or the command line; who was erased is an id alone."""

    id: UUID
    act: Annotated[str, msgspec.Meta(examples=["users.deactivated"])]
    actor_id: UUID | None
    actor: Person | None
    subject_id: UUID | None
    subject: Person | None
    ip: Annotated[str, msgspec.Meta(examples=["203.0.113.7"])]
    facts: dict[str, Any]  # Any: JSON
    created_at: datetime


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """A deletion that was asked for: a sign-in before it is carried out takes it back."""

    deletion_requested_at: datetime
    erased_after: datetime


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of somebody, as it is being made, or as it can be downloaded for a week."""

    id: UUID
    state: Literal["pending", "ready"]
    size: Annotated[int, msgspec.Meta(description="Bytes of the archive.", examples=[20480])]
    download_url: Annotated[
        str | None,
        msgspec.Meta(
            description="Of the ZIP, for its owner; null while it is being made.",
            examples=["/api/v1/users/me/exports/0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11/archive"],
        ),
    ]
    created_at: datetime
    expires_at: datetime | None
