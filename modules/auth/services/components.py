"""What the services of the auth module share."""

from dataclasses import dataclass

from kernel.vault import Vault
from modules.auth.keys import Keyring
from modules.auth.passwords import Passwords
from modules.auth.services.rotations import Rotations
from modules.auth.services.throttling import Throttle
from modules.auth.session_cache import SessionCache
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, MailTokens, MfaTokens, RefreshTokens


@dataclass(frozen=True, slots=True)
class Components:
    """Made once per process, shared by all services and requests."""

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
    session_cache: SessionCache
    throttle: Throttle
    rotations: Rotations
