"""Rules of the auth module: small services that share `Components`."""

from modules.auth.services.components import Components
from modules.auth.services.email_change import EmailChange, provide_email_change
from modules.auth.services.email_verification import EmailVerification, provide_email_verification
from modules.auth.services.mail_links import MailLinks, Purpose
from modules.auth.services.mfa import Mfa, provide_mfa
from modules.auth.services.page_sign_in import provide_sign_in
from modules.auth.services.passwords import PasswordChange, provide_password_change
from modules.auth.services.personal_data import erase, export
from modules.auth.services.personal_tokens import PersonalTokens, provide_personal_tokens
from modules.auth.services.refreshing import Refreshing, provide_refreshing
from modules.auth.services.registration import Registration, provide_registration
from modules.auth.services.rotations import Rotations
from modules.auth.services.security_log import SecurityLog, provide_security_log
from modules.auth.services.sessions import Sessions, provide_sessions
from modules.auth.services.signing_in import SigningIn, provide_signing_in
from modules.auth.services.signing_keys import SigningKeyService
from modules.auth.services.throttling import Throttle

__all__ = [
    "Components",
    "EmailChange",
    "EmailVerification",
    "MailLinks",
    "Mfa",
    "PasswordChange",
    "PersonalTokens",
    "Purpose",
    "Refreshing",
    "Registration",
    "Rotations",
    "SecurityLog",
    "Sessions",
    "SigningIn",
    "SigningKeyService",
    "Throttle",
    "erase",
    "export",
    "provide_email_change",
    "provide_email_verification",
    "provide_mfa",
    "provide_password_change",
    "provide_personal_tokens",
    "provide_refreshing",
    "provide_registration",
    "provide_security_log",
    "provide_sessions",
    "provide_sign_in",
    "provide_signing_in",
]
