"""The mails that auth sends, written when they are sent.

No letter repeats a name: whoever signed up with somebody else's address could write to them, in our name, as they like.
"""

from collections.abc import Callable, Mapping
from typing import Self, TypeAlias

import msgspec

from kernel.mail import Compose, Letter, Link, Mail
from kernel.unit_of_work import UnitOfWork
from modules.auth.services import Purpose
from modules.auth.settings import AuthSettings
from modules.auth.tokens import MailTokens
from modules.users import Users

NOT_YOU = "If that was not you, choose a new password at once: that ends all other sessions."

NEWS: Mapping[str, tuple[str, str, str]] = {
    "session_ended": (
        "We have signed out one of your devices",
        "Hello, one of your sessions was used in two places at once, so we have ended it.",
        "If one of your devices asks you to sign in again, that is why. "
        "If you suspect that somebody else has used your account, change your password.",
    ),
    "new_device": (
        "New sign-in to your account",
        "Hello, somebody has signed in to your account from a browser or network that we have not seen before.",
        "If that was you, there is nothing to do. If not, change your password: that ends all other sessions.",
    ),
    "password_changed": ("Your password was changed", "Hello, your account has a new password.", NOT_YOU),
    "email_changed": (
        "Your e-mail address was changed",
        "Hello, your account has a new e-mail address; this one will receive no more mail.",
        "If that was not you, please contact the operator of this service.",
    ),
    "mfa_enabled": (
        "Two-factor authentication is on",
        "Hello, from now on signing in takes a code from your authenticator app, besides your password.",
        NOT_YOU,
    ),
    "mfa_disabled": (
        "Two-factor authentication is off",
        "Hello, from now on your password is enough to sign in: your authenticator app was removed.",
        NOT_YOU,
    ),
    "token_created": (
        "A new access token for your account",
        "Hello, an access token was created for your account: any program that has it can act in your name.",
        "If that was not you, delete the token and choose a new password at once.",
    ),
    "existing_account": (
        "You already have an account",
        "Hello, somebody has tried to sign up with your e-mail address, which already has an account.",
        "If that was you, sign in or reset your password. If not, there is nothing to do.",
    ),
}
"""Subject and paragraphs of letters that ask for nothing."""

ASKING: Mapping[str, tuple[Purpose, str, str, str, str]] = {
    "verify_email": (
        "verify_email",
        "Confirm your e-mail address",
        "Hello, please confirm that this is your e-mail address.",
        "Confirm the address",
        "If you did not sign up, ignore this mail: without the confirmation nothing happens.",
    ),
    "reset_password": (
        "reset_password",
        "Choose a new password",
        "Hello, somebody has asked to reset the password of your account.",
        "Choose a new password",
        "If that was not you, ignore this mail: your password stays as it is.",
    ),
    "set_password": (
        "reset_password",
        "An account was created for you",
        "Hello, an account was created for you. Choose a password to sign in.",
        "Choose a password",
        "If you did not expect this, ignore this mail: without a password nobody can sign in.",
    ),
    "confirm_email": (
        "confirm_email",
        "Use this e-mail address",
        "Hello, somebody wants to use this e-mail address for their account.",
        "Use this address",
        "If that was not you, ignore this mail: without the confirmation nothing happens.",
    ),
}
"""Purpose of the link, subject, first paragraph, label of the link, last paragraph."""

UsersOf: TypeAlias = Callable[[UnitOfWork], Users]


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """The pages that links lead to."""

    verify_email: str
    reset_password: str
    confirm_email: str

    @classmethod
    def of(cls, settings: AuthSettings, public_url: str) -> Self:
        """A front end's where there is one, else our own."""
        return cls(
            verify_email=settings.verify_email_url or f"{public_url}/verify-email",
            reset_password=settings.reset_password_url or f"{public_url}/reset-password",
            confirm_email=settings.confirm_email_url or f"{public_url}/confirm-email",
        )


def letters(mail_tokens: MailTokens, users_of: UsersOf, links: Links) -> Mapping[str, Compose]:
    """Every kind of mail of this module."""
    return {
        **{f"auth.{kind}": news(kind, users_of) for kind in NEWS},
        **{f"auth.{kind}": asking(kind, users_of, mail_tokens, links) for kind in ASKING},
    }


def news(kind: str, users_of: UsersOf) -> Compose:
    """To somebody who is still there."""
    subject, *paragraphs = NEWS[kind]

    async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
        if await users_of(uow).find(mail.user_id) is None:
            return None
        return Letter(subject=subject, paragraphs=tuple(paragraphs))

    return compose


def asking(kind: str, users_of: UsersOf, mail_tokens: MailTokens, links: Links) -> Compose:
    """With a link, as long as it is of any use."""
    purpose, subject, first, label, last = ASKING[kind]
    page: str = getattr(links, purpose)
    separator = "&" if "?" in page else "?"

    async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = await users_of(uow).find(mail.user_id)
        if user is None or (purpose == "verify_email" and user.email_verified):
            return None
        url = f"{page}{separator}token={mail_tokens.issue(mail.id, purpose)}"
        return Letter(subject=subject, paragraphs=(first, last), link=Link(label, url))

    return compose
