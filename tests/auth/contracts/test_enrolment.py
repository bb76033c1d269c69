"""What `Enrolment` promises. It is the command line that asks; nobody needs a fake of it."""

from collections.abc import Mapping

import pytest

from kernel.errors import ValidationFailed
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.auth import Enrolment, open_enrolment
from modules.users import EmailTaken, provide_users
from tests.running import PASSWORD


@pytest.fixture
def enrolment(settings: KernelSettings, env: Mapping[str, str], uow: UnitOfWork) -> Enrolment:
    return open_enrolment(settings, env, uow)


async def test_a_superuser_may_do_everything_and_has_nothing_to_confirm(enrolment: Enrolment, uow: UnitOfWork) -> None:
    user_id = await enrolment.enrol_superuser(email="root@example.org", name="Root", password=PASSWORD)
    user = (await provide_users(uow).find_many({user_id}))[user_id]
    assert (user.email, user.name) == ("root@example.org", "Root")
    assert (user.is_superuser, user.email_verified, user.is_active) == (True, True, True)


async def test_an_address_has_one_account(enrolment: Enrolment) -> None:
    await enrolment.enrol_superuser(email="root@example.org", name="Root", password=PASSWORD)
    with pytest.raises(EmailTaken):
        await enrolment.enrol_superuser(email="ROOT@example.org", name="Root", password=PASSWORD)


@pytest.mark.parametrize(
    ("email", "password"),
    [("root@example.org", "qwertyuiop"), ("superuser1@example.org", "superuser1"), ("x@-", PASSWORD)],
)
async def test_superusers_keep_the_rules_too(enrolment: Enrolment, email: str, password: str) -> None:
    with pytest.raises(ValidationFailed):
        await enrolment.enrol_superuser(email=email, name="Root", password=password)
