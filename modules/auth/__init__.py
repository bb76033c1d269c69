"""Auth: proves who is calling. Others see the result as ``kernel.security.Principal``."""

from modules.auth.contracts import Enrolment, KeyInUse, SecurityNoticed, SignedIn, SignIn, SigningKey, SigningKeys
from modules.auth.module import open_enrolment, open_signing_keys

__all__ = [
    "Enrolment",
    "KeyInUse",
    "SecurityNoticed",
    "SignIn",
    "SignedIn",
    "SigningKey",
    "SigningKeys",
    "open_enrolment",
    "open_signing_keys",
]
