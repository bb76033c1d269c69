"""Configuration of the auth module."""

from datetime import timedelta
from typing import Annotated

import msgspec

from kernel.settings import Count, KernelSettings, Seconds, Settings, SettingsError

SAFE_ROUNDS = 10
LONGEST_ACCESS = timedelta(hours=1).total_seconds()


class AuthSettings(Settings, frozen=True, kw_only=True):
    """How long proofs last, in seconds, and what a password hash costs."""

    prefix = "AUTH"

    access_token_ttl: Seconds = timedelta(minutes=10).total_seconds()
    refresh_token_ttl: Seconds = timedelta(days=30).total_seconds()
    """Of a session that is not used."""
    session_ttl: Seconds = timedelta(days=90).total_seconds()
    """Of any session, used or not."""
    refresh_grace: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 10.0
    """How long the previous refresh token still gets the same successor (a lost answer, two tabs)."""
    verification_ttl: Seconds = timedelta(days=1).total_seconds()
    """Of the link that confirms an address."""
    reset_ttl: Annotated[float, msgspec.Meta(gt=0, le=3600)] = timedelta(minutes=30).total_seconds()
    """Of the link for who has forgotten their password."""
    invitation_ttl: Seconds = timedelta(days=7).total_seconds()
    """Of the link for whom an administrator made an account."""
    hide_existing_accounts: bool = False
    """Sign-up answers 202 whether the address has an account or not; its owner gets a mail."""
    verified_only: bool = False
    """Who has not confirmed their address cannot sign in; who has signed in before stays so."""
    mfa_ttl: Seconds = timedelta(minutes=5).total_seconds()
    """How long a sign-in waits for its code."""
    bcrypt_rounds: Annotated[int, msgspec.Meta(ge=4, le=16)] = 12
    hash_threads: Count = 2
    hash_queue: Annotated[int, msgspec.Meta(ge=64, le=1_000_000)] = 128
    """Hashes that may wait for a thread; the next one is answered 503."""
    verify_email_url: str = ""
    """A front end's page instead of ``/verify-email``."""
    confirm_email_url: str = ""
    """The same for ``/confirm-email``."""
    reset_password_url: str = ""
    """The same for ``/reset-password``."""

    def refuse_what_is_unsafe(self, kernel: KernelSettings) -> None:
        """Production does not start with what is only meant for development; raises `SettingsError`."""
        if kernel.env == "production" and self.bcrypt_rounds < SAFE_ROUNDS:
            raise SettingsError(f"QUIRE_AUTH_BCRYPT_ROUNDS must be at least {SAFE_ROUNDS} in production")
        if kernel.env == "production" and self.access_token_ttl > LONGEST_ACCESS:
            raise SettingsError(f"QUIRE_AUTH_ACCESS_TOKEN_TTL must be at most {LONGEST_ACCESS:.0f} in production")
