"""What auth does in the background."""

from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.vault import Vault
from modules.auth import tasks
from modules.auth.models import SigningKeyRow, TotpRow
from modules.auth.tasks import encrypt_again
from tests.auth.integration.second_factor import Phone, first_half, second_half
from tests.problems import refusal
from tests.running import People, context_of

NEW = "a new key of at least 32 bytes: 9876543210"


async def test_when_the_secret_key_has_rotated_the_old_one_is_needed_no_more(
    http: httpx.AsyncClient,
    runtime: Runtime,
    settings: KernelSettings,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    phones = [Phone(monkeypatch) for _ in range(5)]
    for phone in phones:
        await phone.enrol(http, await people.join())
    monkeypatch.setattr(tasks, "AT_ONCE", 2)
    context = context_of(runtime)
    before, after = await secrets(runtime), Vault([NEW])
    await encrypt_again(Vault(settings.secret_keys))(context)
    assert await secrets(runtime) == before, "nothing rotates"
    try:
        for _ in range(2):
            await encrypt_again(Vault([NEW, *settings.secret_keys]))(context)
        assert {after.decrypt(secret).decode() for secret in await secrets(runtime)} == {each.secret for each in phones}
        async with runtime.database.unit_of_work() as uow:
            keys = (await uow.session.scalars(select(SigningKeyRow.private_key))).all()
        assert [len(after.decrypt(key)) for key in keys] == [32] * len(keys)
    finally:  # the signing keys are those of all tests
        await encrypt_again(Vault([*settings.secret_keys, NEW]))(context)


async def secrets(runtime: Runtime) -> list[bytes]:
    async with runtime.database.unit_of_work() as uow:
        return list(await uow.session.scalars(select(TotpRow.secret).order_by(TotpRow.id)))


async def test_without_the_key_of_its_secret_an_app_is_good_for_nothing_but_recovery_codes_are(
    http: httpx.AsyncClient, runtime: Runtime, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, phone = await people.join("Ada"), Phone(monkeypatch)
    await phone.enrol(http, ada)
    async with runtime.database.unit_of_work() as uow:
        app = (await uow.session.scalars(select(TotpRow).where(TotpRow.user_id == UUID(ada.id)))).one()
        app.secret = Vault([NEW]).encrypt(phone.secret.encode())
    half = await first_half(http, ada)
    assert refusal(await second_half(http, half, phone.next_code())) == (401, "invalid_code")
    assert (await second_half(http, half, phone.recovery_codes[0])).status_code == 200
