from collections.abc import Iterable, Iterator

from sqlalchemy import DateTime, ForeignKey, Table, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.orm import registry as Registry

import app.registry
from app.documents import tables_of
from kernel.db import Entity
from tests.architecture.test_layout import MODULES

assert app.registry  # its import loads every model: what is not loaded would pass in silence

TABLES = tuple(tables_of(Entity.registry))


def crossing_keys(tables: Iterable[Table]) -> Iterator[str]:
    """Foreign keys from one schema into another."""
    for table in tables:
        for key in table.foreign_keys:
            if key.column.table.schema != table.schema:
                yield f"{key.parent} -> {key.column}"


def crossing_relationships(registry: Registry) -> Iterator[str]:
    """Relationships from a row of one owner to a row of another."""
    for mapper in registry.mappers:
        for other in mapper.relationships:
            if owner(mapper.class_) != owner(other.mapper.class_):
                yield str(other)


def owner(row: type) -> str:
    """Whose schema the table of a row has to live in."""
    package, _, rest = row.__module__.partition(".")
    return rest.partition(".")[0] if package == "modules" else package


def test_every_module_has_tables_and_this_test_has_seen_them() -> None:
    assert {table.schema for table in TABLES} == {"kernel", *MODULES}


def test_a_table_lives_in_the_schema_of_its_owner() -> None:
    for mapper in Entity.registry.mappers:
        assert isinstance(mapper.local_table, Table)
        assert mapper.local_table.schema == owner(mapper.class_)


def test_no_key_and_no_relationship_crosses_from_one_owner_to_another() -> None:
    assert list(crossing_keys(TABLES)) == []
    assert list(crossing_relationships(Entity.registry)) == []


def test_a_row_is_called_a_row() -> None:
    assert [name for mapper in Entity.registry.mappers if not (name := mapper.class_.__name__).endswith("Row")] == []


def test_every_row_has_an_identity_and_a_history() -> None:
    for table in TABLES:
        assert [column.name for column in table.primary_key] == ["id"]
        assert isinstance(table.c.id.type, Uuid)
        assert {"created_at", "updated_at"} <= set(table.c.keys())


def test_every_moment_knows_its_offset() -> None:
    for table in TABLES:
        for column in table.c:
            assert not isinstance(column.type, DateTime) or column.type.timezone, column


def test_every_constraint_and_every_index_has_a_name_that_postgresql_does_not_cut() -> None:
    names = [str(constraint.name) for table in TABLES for constraint in table.constraints]
    indexes = [str(index.name) for table in TABLES for index in table.indexes]
    assert "None" not in names + indexes
    assert max(map(len, names + indexes)) <= 63


class Planted(DeclarativeBase):
    """Rows of two owners that know each other."""


class TheirRow(Planted):
    __module__ = "modules.users.models"
    __tablename__ = "theirs"
    __table_args__ = {"schema": "users"}  # noqa: RUF012 - SQLAlchemy reads it from the class
    id: Mapped[int] = mapped_column(primary_key=True)


class OurRow(Planted):
    __module__ = "modules.posts.models"
    __tablename__ = "ours"
    __table_args__ = {"schema": "posts"}  # noqa: RUF012 - the same
    id: Mapped[int] = mapped_column(primary_key=True)
    their_id: Mapped[int] = mapped_column(ForeignKey("users.theirs.id"))
    them: Mapped[TheirRow] = relationship()


def test_a_planted_key_and_a_planted_relationship_are_noticed() -> None:
    assert list(crossing_keys(tables_of(Planted.registry))) == ["ours.their_id -> theirs.id"]
    assert list(crossing_relationships(Planted.registry)) == ["OurRow.them"]
