"""Database: one engine a process, one PostgreSQL schema a module."""

from kernel.db.engine import connect, connection_settings
from kernel.db.entities import Entity, first_id_of, new_id, schema, utc_now
from kernel.db.failures import lacks_schema
from kernel.db.tracing import record_statements, statement

__all__ = [
    "Entity",
    "connect",
    "connection_settings",
    "first_id_of",
    "lacks_schema",
    "new_id",
    "record_statements",
    "schema",
    "statement",
    "utc_now",
]
