"""Bodies of requests and answers under ``/auth``."""

from modules.auth.schemas.registration import MailToken, NewPassword, Register
from modules.auth.schemas.security_log import SecurityEvent, SecurityEventKind
from modules.auth.schemas.sessions import (
    Credentials,
    Logout,
    OAuthError,
    OAuthErrorCode,
    Proof,
    Refresh,
    Session,
    TokenPair,
)

__all__ = [
    "Credentials",
    "Logout",
    "MailToken",
    "NewPassword",
    "OAuthError",
    "OAuthErrorCode",
    "Proof",
    "Refresh",
    "Register",
    "SecurityEvent",
    "SecurityEventKind",
    "Session",
    "TokenPair",
]
