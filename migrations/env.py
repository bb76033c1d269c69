"""Migrations of every owner of tables, each on a branch of its own.

``-x module=users`` narrows autogeneration to one owner; without it all schemas are compared.
"""

import asyncio
import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

from alembic import context
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData
from sqlalchemy.engine import Connection

from app.environment import environment
from kernel.db import connect
from kernel.settings import DatabaseSettings, url

OWNERS = [Path(folder).name for folder in context.script.version_locations or ()]
PATIENT = DatabaseSettings(statement_timeout=86_400)
KERNEL_TABLES = ("kernel.outbox", "kernel.mail.ledger", "kernel.idempotency", "kernel.audit")


def metadata_of(owner: str) -> MetaData:
    """The tables that one owner declares."""
    for tables in KERNEL_TABLES if owner == "kernel" else (f"modules.{owner}.models",):
        metadata: MetaData = import_module(tables).Base.metadata
    return metadata


def create_schema_first(
    _: MigrationContext, __: str | Iterable[str | None] | Iterable[str], directives: list[ops.MigrationScript]
) -> None:
    """Let the first revision of a branch create the schema its tables live in."""
    for script in directives:
        if script.branch_label and script.upgrade_ops and script.downgrade_ops:
            schema = str(script.branch_label)
            script.upgrade_ops.ops.insert(0, ops.ExecuteSQLOp(f"CREATE SCHEMA {schema}"))
            script.downgrade_ops.ops.append(ops.ExecuteSQLOp(f"DROP SCHEMA {schema}"))


def run(connection: Connection) -> None:
    """A failing migration leaves nothing behind: each has a transaction of its own."""
    chosen = context.get_x_argument(as_dictionary=True).get("module")
    metadatas = {owner: metadata_of(owner) for owner in ([chosen] if chosen else OWNERS)}
    context.configure(
        connection=connection,
        target_metadata=list(metadatas.values()),
        include_schemas=True,
        include_name=lambda name, kind, _: name in metadatas if kind == "schema" else True,
        process_revision_directives=create_schema_first,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """For the command line; without ``DATABASE_URL``, on the servers of `quire up`."""
    with environment(Path(".quire"), os.environ) as env:
        engine = connect(url("DATABASE_URL", env, "postgresql", "postgres"), PATIENT)
        async with engine.connect() as connection:
            await connection.run_sync(run)
            await connection.commit()
        await engine.dispose()


if given := context.config.attributes.get("connection"):
    run(given)
else:
    asyncio.run(main())
