"""What the security log shows."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import msgspec

SecurityEventKind: TypeAlias = Literal[
    "signed_in",
    "sign_in_failed",
    "new_device",
    "reauthenticated",
    "reauthentication_failed",
    "session_reused",
    "password_changed",
    "password_change_failed",
    "password_reset",
    "email_changed",
    "mfa_enabled",
    "mfa_disabled",
    "mfa_failed",
    "recovery_code_used",
    "recovery_codes_renewed",
    "token_created",
    "token_revoked",
]


class SecurityEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that concerns the safety of the caller's account, and where it came from."""

    id: UUID
    kind: Annotated[SecurityEventKind, msgspec.Meta(examples=["signed_in"])]
    session_id: UUID | None
    ip: Annotated[str, msgspec.Meta(examples=["203.0.113.7"])]
    user_agent: Annotated[str, msgspec.Meta(examples=["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0"])]
    created_at: datetime
