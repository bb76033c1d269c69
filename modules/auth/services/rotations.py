"""The next generations of sessions, many at a time."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from kernel.batching import Batch
from kernel.module import Process
from kernel.unit_of_work import Database
from modules.auth.keys import Keyring
from modules.auth.repositories import Rotated, rotate_free


class Rotations:
    """Refreshes that come at about the same time, in one transaction: each in its own has three trips for one row.

    A token is good once here, too; what it is to whoever comes second is for `Refreshing` to find out.
    """

    def __init__(self, keyring: Keyring, *, sliding: timedelta) -> None:
        self._keyring = keyring
        self._sliding = sliding
        self._database: Database
        self._batch = Batch(self._rotate)

    def begin(self, process: Process) -> None:
        """To be called before all else."""
        self._database = process.database

    async def first(self, session_id: UUID, generation: int) -> Rotated | None:
        """The next generation, committed; nothing for whoever is not the first, or finds the session held."""
        key = session_id, generation
        won = (await self._batch.get({key})).get(key)
        return won.pop() if won else None

    async def _rotate(self, presented: Collection[tuple[UUID, int]]) -> Mapping[tuple[UUID, int], list[Rotated]]:
        async with self._database.unit_of_work() as uow:
            await self._keyring.signing(uow)  # or nothing is done: to ask again, there are ten seconds
            rotated = await rotate_free(uow, presented, sliding=self._sliding)
        return {(each.id, each.generation - 1): [each] for each in rotated}
