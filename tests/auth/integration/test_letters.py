"""What auth writes in its mails."""

from uuid import UUID

import msgspec
import pytest

from kernel.db import new_id
from kernel.mail import Letter, Mail
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault
from modules.auth.letters import ASKING, NEWS, Links, letters
from modules.auth.tokens import MailTokens
from modules.users import User
from tests.callers import person
from tests.users.fakes import FakeUsers

KINDS = [f"auth.{kind}" for kind in (*NEWS, *ASKING)]
PAGE = "http://quire.test/verify-email"


@pytest.fixture
def eve() -> User:
    """Somebody who has signed up with an address of somebody else, and hopes that we write to them."""
    return person("You have won, see http://evil.test", email_verified=False)


async def write(
    settings: KernelSettings, uow: UnitOfWork, kind: str, user: User, *people: User, page: str = PAGE
) -> tuple[UUID, Letter | None]:
    """A letter to ``user``, where ``people`` are all there are."""
    mail = Mail(id=new_id(), kind=kind, user_id=user.id, recipient=user.email, facts={}, state="queued")
    links = Links(verify_email=page, reset_password="http://quire.test/r", confirm_email="http://quire.test/c")
    compose = letters(MailTokens(Vault(settings.secret_keys)), lambda _: FakeUsers(*people), links)
    return mail.id, await compose[kind](mail, uow)


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_s_words_but_ours_are_in_a_letter(
    settings: KernelSettings, uow: UnitOfWork, eve: User, kind: str
) -> None:
    _, letter = await write(settings, uow, kind, eve, eve)
    assert letter is not None
    assert "evil.test" not in str(letter)


@pytest.mark.parametrize("kind", KINDS)
async def test_who_has_left_gets_no_letter(settings: KernelSettings, uow: UnitOfWork, eve: User, kind: str) -> None:
    _, letter = await write(settings, uow, kind, eve)
    assert letter is None


async def test_an_address_that_is_confirmed_is_not_asked_about(
    settings: KernelSettings, uow: UnitOfWork, eve: User
) -> None:
    _, letter = await write(settings, uow, "auth.verify_email", eve, msgspec.structs.replace(eve, email_verified=True))
    assert letter is None


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("http://quire.test/verify-email", "http://quire.test/verify-email?token="),
        ("https://app.test/#/confirm?step=1", "https://app.test/#/confirm?step=1&token="),
    ],
)
async def test_the_link_carries_the_token_of_this_mail(
    settings: KernelSettings, uow: UnitOfWork, eve: User, page: str, link: str
) -> None:
    mail_id, letter = await write(settings, uow, "auth.verify_email", eve, eve, page=page)
    assert letter is not None
    assert letter.link is not None
    assert letter.link.url == f"{link}{MailTokens(Vault(settings.secret_keys)).issue(mail_id, 'verify_email')}"
