"""Bodies of signing in and out, and the pair of tokens."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

from modules.auth.schemas.mfa import Code

AccessToken: TypeAlias = Annotated[
    str, msgspec.Meta(examples=["eyJhbGciOiJFZERTQSIsImtpZCI6IjAxOWFiMDc3Li4uIn0.eyJ..."])
]
RefreshToken: TypeAlias = Annotated[str, msgspec.Meta(examples=["019ab077-5d2e-7c31-8a06-1f0d3a52c9e4.1.Vt9sT0aW..."])]
Password: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=2000, examples=["correct horse battery staple"])
]


class Credentials(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign-in form; what is too long for an account is simply wrong, not invalid.

    With `cookie`, a browser gets the refresh token in a cookie that no script can read.
    """

    email: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, examples=["ada@example.org"])]
    password: Password
    cookie: bool = False


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password of who is signed in, once more; or a code, where the second factor is on. One of them."""

    password: Password | msgspec.UnsetType = msgspec.UNSET
    code: Code | msgspec.UnsetType = msgspec.UNSET


class Refresh(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A refresh token to be exchanged, unless the cookie holds it."""

    refresh_token: RefreshToken | msgspec.UnsetType = msgspec.UNSET


class Logout(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of one's sessions end: this one, all others, or all."""

    scope: Literal["local", "others", "global"] = "local"


class TokenPair(msgspec.Struct, frozen=True, kw_only=True):
    """An access token for some minutes, and what the next one is asked for with, unless a cookie holds that."""

    access_token: AccessToken
    refresh_token: RefreshToken | msgspec.UnsetType = msgspec.UNSET
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - no secret
    expires_in: Annotated[int, msgspec.Meta(description="Seconds.", examples=[600])]
    session_id: UUID


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that has not ended. ``last_used_at`` is when it last got tokens."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    ip: Annotated[str, msgspec.Meta(examples=["203.0.113.7"])]
    user_agent: Annotated[str, msgspec.Meta(examples=["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"])]
    current: bool


OAuthErrorCode: TypeAlias = Literal["invalid_request", "invalid_grant", "unsupported_grant_type"]


class OAuthError(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal as OAuth2 clients know it."""

    error: Annotated[OAuthErrorCode, msgspec.Meta(examples=["invalid_grant"])]
    error_description: str | msgspec.UnsetType = msgspec.UNSET
