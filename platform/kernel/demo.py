"""Demo data: believable, the same every time, and fast, since it is copied past every rule. For empty databases."""

import random
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from kernel.db import new_id, utc_now

BATCH = 5_000

FIRST = [
    "Ada",
    "Alan",
    "Amina",
    "Barbara",
    "Chen",
    "Claude",
    "Dorothy",
    "Edsger",
    "Fatima",
    "Grace",
    "Hedy",
    "Ines",
    "Jun",
    "Katherine",
    "Lena",
    "Linus",
    "Margaret",
    "Mei",
    "Niklaus",
    "Omar",
    "Priya",
    "Radia",
    "Sofia",
    "Tim",
    "Yuki",
]
LAST = [
    "Adeyemi",
    "Berg",
    "Costa",
    "Dijkstra",
    "Eriksen",
    "Fischer",
    "Garcia",
    "Hopper",
    "Ito",
    "Johnson",
    "Khan",
    "Lovelace",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Perlman",
    "Quist",
    "Rossi",
    "Silva",
    "Turing",
    "Urban",
    "Vogel",
    "Wirth",
    "Young",
    "Zhang",
]
SUBJECTS = [
    "The bakery on our street",
    "A small library",
    "My first garden",
    "Our old database",
    "The night train",
    "A good checklist",
    "The river in spring",
    "An honest estimate",
    "Every cache",
    "Somebody's bicycle",
]
VERBS = [
    "taught me",
    "outlived",
    "changed",
    "slowly became",
    "quietly replaced",
    "reminds me of",
    "is older than",
    "depends on",
    "explains",
    "survived",
]
OBJECTS = [
    "patience",
    "three winters",
    "the way we write",
    "a better morning",
    "what I thought I knew",
    "everything we planned",
    "a very long meeting",
    "the whole neighbourhood",
    "a stubborn bug",
    "the art of leaving things out",
]


@dataclass(kw_only=True)
class Demo:
    """What the modules make their data from; a module leaves what the next ones need."""

    connection: asyncpg.Connection
    users: int
    posts: int
    advance: Callable[[int], None]
    """Told how many rows have been written."""
    password: str = "quire demo password"  # noqa: S105 - of people who do not exist
    people: Sequence[UUID] = ()
    chance: random.Random = field(default_factory=lambda: random.Random(4))  # noqa: S311 - no secret

    def name(self) -> str:
        """Of a person."""
        return f"{self.chance.choice(FIRST)} {self.chance.choice(LAST)}"

    def sentence(self) -> str:
        """Without a full stop."""
        return f"{self.chance.choice(SUBJECTS)} {self.chance.choice(VERBS)} {self.chance.choice(OBJECTS)}"

    def text(self, sentences: int) -> str:
        """Some sentences."""
        return " ".join(f"{self.sentence()}." for _ in range(sentences))

    def moment(self) -> datetime:
        """Within the last year."""
        return utc_now() - timedelta(seconds=self.chance.randrange(365 * 86_400))

    async def copy(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:  # Any: values
        """Write rows with an id each, in batches; ``table`` is ``schema.table``."""
        schema, _, name = table.partition(".")
        batch: list[Sequence[Any]] = []  # Any: values of any type of PostgreSQL
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                await self._write(schema, name, columns, batch)
                batch = []
        await self._write(schema, name, columns, batch)

    async def _write(self, schema: str, name: str, columns: Sequence[str], batch: Sequence[Sequence[Any]]) -> None:
        await self.connection.copy_records_to_table(name, schema_name=schema, columns=columns, records=batch)
        self.advance(len(batch))


Seed: TypeAlias = Callable[[Demo], Awaitable[None]]


def ids(count: int) -> list[UUID]:
    """Fresh ones, in ascending order."""
    return [new_id() for _ in range(count)]
