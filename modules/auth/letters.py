"""The mails that auth sends, written when they are sent."""

from collections.abc import Mapping

from kernel.mail import Compose, Letter, Link, Mail
from kernel.unit_of_work import UnitOfWork
from modules.auth.services import VERIFY_EMAIL
from modules.auth.tokens import MailTokens
from modules.users import provide_users


def letters(mail_tokens: MailTokens, *, verify_email_url: str) -> Mapping[str, Compose]:
    """Every kind of mail of this module."""

    async def verify_email(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await provide_users(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None or user.email_verified:
            return None
        token = mail_tokens.issue(mail.id, VERIFY_EMAIL)
        return Letter(
            subject="Confirm your e-mail address",
            paragraphs=(
                f"Hello {user.name}, please confirm that this is your e-mail address.",
                "If you did not sign up, ignore this mail: without the confirmation nothing happens.",
            ),
            link=Link("Confirm the address", f"{verify_email_url}?token={token}"),
        )

    async def session_ended(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await provide_users(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None:
            return None
        return Letter(
            subject="We have signed out one of your devices",
            paragraphs=(
                f"Hello {user.name}, a sign-in of yours was used in two places at once, so we have ended it.",
                "If one of your devices asks you to sign in again, that is why. "
                "If you suspect that somebody else has used your account, change your password.",
            ),
        )

    return {f"auth.{VERIFY_EMAIL}": verify_email, "auth.session_ended": session_ended}
