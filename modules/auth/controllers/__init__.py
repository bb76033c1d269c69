"""HTTP surface of the auth module, mounted at ``/api/v1/auth``."""

from modules.auth.controllers.jwks import jwks
from modules.auth.controllers.mfa import MfaController
from modules.auth.controllers.passwords import EmailController, PasswordController
from modules.auth.controllers.personal_tokens import PersonalTokenController
from modules.auth.controllers.refresh_cookie import RefreshCookie
from modules.auth.controllers.registration import RegistrationController
from modules.auth.controllers.security_log import SecurityLogController
from modules.auth.controllers.sessions import SessionController
from modules.auth.controllers.token import TokenController

__all__ = [
    "EmailController",
    "MfaController",
    "PasswordController",
    "PersonalTokenController",
    "RefreshCookie",
    "RegistrationController",
    "SecurityLogController",
    "SessionController",
    "TokenController",
    "jwks",
]
