"""HTTP surface of the auth module, mounted at ``/api/v1/auth``."""

from modules.auth.controllers.registration import RegistrationController
from modules.auth.controllers.security_log import SecurityLogController
from modules.auth.controllers.sessions import SessionController

__all__ = ["RegistrationController", "SecurityLogController", "SessionController"]
