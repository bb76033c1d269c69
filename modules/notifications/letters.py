"""The mails that notifications sends, written when they are sent.

No letter repeats a name: whoever signed up with somebody else's address could write to them, in our name, as they like.
"""

from kernel.mail import Compose, Letter, Link, Mail
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.users import provide_users


def welcome(kernel: KernelSettings) -> Compose:
    """The mail to a newcomer."""

    async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
        if mail.user_id not in await provide_users(uow).find_many({mail.user_id}):
            return None
        return Letter(
            subject="Welcome to Quire",
            paragraphs=("Hello, your account is ready.", "Write your first post, or follow somebody."),
            link=Link("Have a look around", kernel.public_url),
        )

    return compose
