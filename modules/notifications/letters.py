"""The mails that notifications sends, written when they are sent."""

from kernel.mail import Compose, Letter, Link, Mail
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.users import provide_users


def welcome(kernel: KernelSettings) -> Compose:
    """The mail to a newcomer."""

    async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
        user = (await provide_users(uow).find_many({mail.user_id})).get(mail.user_id)
        if user is None:
            return None
        return Letter(
            subject="Welcome to Quire",
            paragraphs=(f"Hello {user.name}, your account is ready.", f"Others find you as {user.username}."),
            link=Link("Have a look around", kernel.public_url),
        )

    return compose
