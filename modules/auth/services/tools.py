"""What the rules of the auth module work with."""

from dataclasses import dataclass

from kernel.vault import Vault
from modules.auth.keys import Keyring
from modules.auth.known_sessions import KnownSessions
from modules.auth.passwords import Passwords
from modules.auth.services.throttling import Throttle
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, MailTokens, RefreshTokens


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
    known_sessions: KnownSessions
    throttle: Throttle
