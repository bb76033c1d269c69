"""What the rules of the auth module work with."""

from dataclasses import dataclass

from kernel.vault import Vault
from modules.auth.keys import Keyring
from modules.auth.known_sessions import KnownSessions
from modules.auth.passwords import Passwords
from modules.auth.services.throttling import Throttle
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, MailTokens, MfaTokens, RefreshTokens


@dataclass(frozen=True, slots=True)
class Tools:
    """Made once per process, shared by all services."""

    settings: AuthSettings
    vault: Vault
    passwords: Passwords
    keyring: Keyring
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    mail_tokens: MailTokens
    mfa_tokens: MfaTokens
    issuer: str
    """Under which name an authenticator app lists us."""
    known_sessions: KnownSessions
    throttle: Throttle
