"""The mails that auth sends, written when they are sent.

No letter repeats a name: whoever signed up with somebody else's address could write to them, in our name, as they like.
"""

from collections.abc import Callable, Mapping

from kernel.mail import Compose, Letter, Link, Mail
from kernel.unit_of_work import UnitOfWork
from modules.auth.services import VERIFY_EMAIL
from modules.auth.tokens import MailTokens
from modules.users import Users


def letters(
    mail_tokens: MailTokens, users_of: Callable[[UnitOfWork], Users], *, verify_email_url: str
) -> Mapping[str, Compose]:
    """Every kind of mail of this module."""

    async def verify_email(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await users_of(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None or user.email_verified:
            return None
        token = mail_tokens.issue(mail.id, VERIFY_EMAIL)
        separator = "&" if "?" in verify_email_url else "?"
        return Letter(
            subject="Confirm your e-mail address",
            paragraphs=(
                "Hello, please confirm that this is your e-mail address.",
                "If you did not sign up, ignore this mail: without the confirmation nothing happens.",
            ),
            link=Link("Confirm the address", f"{verify_email_url}{separator}token={token}"),
        )

    async def session_ended(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await users_of(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None:
            return None
        return Letter(
            subject="We have signed out one of your devices",
            paragraphs=(
                "Hello, a sign-in of yours was used in two places at once, so we have ended it.",
                "If one of your devices asks you to sign in again, that is why. "
                "If you suspect that somebody else has used your account, change your password.",
            ),
        )

    async def new_device(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await users_of(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None:
            return None
        return Letter(
            subject="A sign-in from a new device",
            paragraphs=(
                "Hello, somebody has signed in to your account from a browser or a network that we have not seen "
                "you use before.",
                "If that was you, there is nothing to do. If not, change your password: that signs out everybody else.",
            ),
        )

    return {f"auth.{VERIFY_EMAIL}": verify_email, "auth.session_ended": session_ended, "auth.new_device": new_device}
