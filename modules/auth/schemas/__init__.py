"""Bodies of requests and answers under ``/auth``."""

from modules.auth.schemas.jwks import Jwk, JwkSet
from modules.auth.schemas.mfa import MfaProof, MfaRequired, MfaState, RecoveryCodes, TotpCode, TotpSecret
from modules.auth.schemas.passwords import Accepted, Address, ChangePassword, NewAddress, ResetPassword
from modules.auth.schemas.personal_tokens import CreatePersonalToken, NewPersonalToken, PersonalToken
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
    "Accepted",
    "Address",
    "ChangePassword",
    "CreatePersonalToken",
    "Credentials",
    "Jwk",
    "JwkSet",
    "Logout",
    "MailToken",
    "MfaProof",
    "MfaRequired",
    "MfaState",
    "NewAddress",
    "NewPassword",
    "NewPersonalToken",
    "OAuthError",
    "OAuthErrorCode",
    "PersonalToken",
    "Proof",
    "RecoveryCodes",
    "Refresh",
    "Register",
    "ResetPassword",
    "SecurityEvent",
    "SecurityEventKind",
    "Session",
    "TokenPair",
    "TotpCode",
    "TotpSecret",
]
