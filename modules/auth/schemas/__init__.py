"""Bodies of requests and answers under ``/auth``."""

from modules.auth.schemas.registration import MailToken, NewPassword, Register
from modules.auth.schemas.sessions import Credentials, Logout, Refresh, TokenPair

__all__ = ["Credentials", "Logout", "MailToken", "NewPassword", "Refresh", "Register", "TokenPair"]
