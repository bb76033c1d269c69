"""What others may ask of auth, what it tells them, and its refusals."""

from datetime import datetime, timedelta
from typing import Literal, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from kernel.errors import Conflict, Malformed, NotAuthenticated, PermissionDenied
from kernel.events import Event


class SecurityNoticed(Event, frozen=True, tag="auth.security_noticed"):
    """Something happened to an account that its owner should know of."""

    user_id: UUID
    kind: Literal[
        "new_device",
        "password_changed",
        "session_reused",
        "email_changed",
        "mfa_enabled",
        "mfa_disabled",
        "token_created",
    ]
    session_id: UUID | None = None


class MailAsked(Event, frozen=True, tag="auth.mail_asked"):
    """Somebody asked for a mail to an address, maybe nobody's. It is encrypted: the outbox knows no addresses."""

    purpose: Literal["verify_email", "reset_password", "confirm_email"]
    address: str
    user_id: UUID | None = None


class InvalidCredentials(NotAuthenticated):
    """The e-mail address or the password is wrong.

    The answer is the same for an unknown address, a wrong password and a disabled account.
    """

    persists = True


class EmailNotVerified(PermissionDenied):
    """The e-mail address of this account has not been confirmed.

    Follow the link in the mail that was sent after sign-up, or request another one:
    `POST /api/v1/auth/email/verify/resend`.
    """


class InvalidCode(NotAuthenticated):
    """The code is wrong, or has already been used.

    A code from an app can be used once, for about a minute; a recovery code can be used once.
    """

    persists = True


class MfaAlreadyEnabled(Conflict):
    """Two-factor authentication is already on; switch it off to use another app."""


class MfaNotEnabled(Conflict):
    """Two-factor authentication is off, and no app is waiting to be confirmed."""


class CrossSiteRequest(PermissionDenied):
    """The cookie alone is not enough: another site may have caused the request.

    Send the header `X-Requested-With` with any value, which only pages of this site can do.
    """


class WrongPassword(Malformed):
    """The current password is wrong."""

    persists = True


class RefreshInvalid(NotAuthenticated):
    """The refresh token does not belong to an active session."""


class RefreshExpired(NotAuthenticated):
    """The session has expired; sign in again."""


class RefreshReused(NotAuthenticated):
    """The refresh token has already been used.

    It may have been stolen, so the whole session has been ended (RFC 9700, 4.14.2). Sign in again.
    """

    persists = True


class InvalidMailToken(Malformed):
    """This link is invalid or no longer valid.

    It may have been used, have expired, or have been replaced by a newer one.
    """

    @classmethod
    def code(cls) -> str:
        return "invalid_token"


@runtime_checkable
class Enrolment(Protocol):
    """Giving people a way to sign in, without their asking."""

    async def enrol_superuser(self, *, email: str, name: str, password: str) -> UUID:
        """A verified account that may do everything; raises what `Accounts.create` does, or `ValidationFailed`."""
        ...


class SigningKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that signs access tokens, will, or did: what was signed by it is good while it is here."""

    id: UUID
    state: Literal["signing", "next", "previous"]
    created_at: datetime
    signs_since: datetime | None


class KeyInUse(Conflict):
    """This key is signing, is next, or was until a moment ago; rotate first, and wait a few seconds."""


@runtime_checkable
class SigningKeys(Protocol):
    """What an operator does with the keys of this installation."""

    async def find_all(self) -> list[SigningKey]:
        """Oldest first; raises `SettingsError` where the secret key does not open them."""
        ...

    async def rotate(self) -> SigningKey:
        """The next key signs from now on, and another one is published to come after it. Nobody is signed out."""
        ...

    async def retire(self, key_id: UUID) -> None:
        """What this key has signed is good no more; raises `KeyInUse` or `NotFound`."""
        ...


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who has signed in on a page, and what the page shows of it from then on."""

    user_id: UUID
    access_token: str


@runtime_checkable
class SignIn(Protocol):
    """Signing in on a page of this server, which keeps the token where no script can read it."""

    async def sign_in(self, email: str, password: str, *, lasting: timedelta, code: str = "") -> SignedIn:
        """A new session, with an access token that lasts so long if the session does.

        Raises `InvalidCredentials`, `InvalidCode` where a password is not enough, or `EmailNotVerified`.
        """
        ...

    async def sign_out(self, user_id: UUID, session_id: UUID) -> None:
        """End that session."""
        ...
