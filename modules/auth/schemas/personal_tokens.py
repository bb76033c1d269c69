"""Bodies of personal access tokens."""

from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec

TokenName: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["backup script"])]
Scope: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=100, examples=["posts:read:any"])]


class CreatePersonalToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A token for a program. Without scopes, it may do what anybody signed in may do to their own things."""

    name: TokenName
    scopes: Annotated[tuple[Scope, ...], msgspec.Meta(max_length=100)] = ()
    expires_at: (
        Annotated[
            datetime,
            msgspec.Meta(tz=True, description="A time in the future.", examples=["2027-01-31T12:00:00.000000Z"]),
        ]
        | None
    ) = None


class PersonalToken(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner sees of a token. ``last_used_at`` is some minutes behind at most."""

    id: UUID
    name: TokenName
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewPersonalToken(PersonalToken, frozen=True, kw_only=True):
    """The same with the token itself, which is shown once."""

    token: Annotated[str, msgspec.Meta(examples=["qpat_8Kq0Zt5mWv2Xc7Yb1Nd4Ls9Rf6Hg3j2bXw1A"])]
