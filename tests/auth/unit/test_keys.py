"""The keys that a process keeps in mind."""

import asyncio

from kernel.errors import Unavailable
from kernel.reads import Query, Reader, T
from kernel.vault import Vault
from modules.auth.keys import Keyring


class Gone(Reader):
    """A database that does not answer in time."""

    def __init__(self) -> None:
        self.asked = 0

    async def all(self, query: Query[T], **parameters: object) -> list[T]:
        self.asked += 1
        await asyncio.sleep(0.05)
        raise Unavailable


async def test_who_waits_for_a_look_that_fails_does_not_wait_for_another_after_it() -> None:
    gone, keyring = Gone(), Keyring(Vault(["a key that is only good for tests: 0123456789"]))
    outcomes = await asyncio.gather(*(keyring.keep_up(gone) for _ in range(10)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 10
    assert gone.asked == 1
