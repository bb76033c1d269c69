"""What `SigningKeys` promises. It is the command line that asks; nobody needs a fake of it."""

import pytest

from kernel.db import new_id
from kernel.errors import NotFound
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.auth import KeyInUse, SigningKeys, open_signing_keys


@pytest.fixture
def keys(settings: KernelSettings, uow: UnitOfWork) -> SigningKeys:
    return open_signing_keys(settings, uow)


async def states(keys: SigningKeys) -> list[str]:
    return [str(key.state) for key in await keys.find_all()][-3:]


async def test_there_is_always_one_that_signs_and_the_next(keys: SigningKeys) -> None:
    assert sorted((await states(keys))[-2:]) == ["next", "signing"]


async def test_the_next_one_signs_and_another_is_published_to_come_after_it(keys: SigningKeys) -> None:
    before = {key.state: key.id for key in await keys.find_all()}
    now = await keys.rotate()
    after = {key.id: key.state for key in await keys.find_all()}
    assert now.id == before["next"]
    assert (after[now.id], after[before["signing"]]) == ("signing", "previous")
    assert list(after.values()).count("next") == 1


async def test_keys_can_rotate_again_and_again(keys: SigningKeys) -> None:
    turns = [(await keys.rotate()).id for _ in range(4)]
    assert len(set(turns)) == 4
    assert [key.state for key in await keys.find_all() if key.id in turns] == ["previous"] * 3 + ["signing"]


async def test_a_key_that_no_longer_signs_can_be_retired_as_soon_as_everybody_knows(
    keys: SigningKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {key.state: key.id for key in await keys.find_all()}
    await keys.rotate()
    with pytest.raises(KeyInUse):
        await keys.retire(before["signing"])
    monkeypatch.setattr("modules.auth.services.signing_keys.FRESH", 0.0)
    await keys.retire(before["signing"])
    assert before["signing"] not in {key.id for key in await keys.find_all()}


async def test_a_key_that_signs_or_is_about_to_cannot(keys: SigningKeys) -> None:
    for key in await keys.find_all():
        if key.state != "previous":
            with pytest.raises(KeyInUse):
                await keys.retire(key.id)


async def test_a_key_that_there_is_not_cannot(keys: SigningKeys) -> None:
    with pytest.raises(NotFound):
        await keys.retire(new_id())
