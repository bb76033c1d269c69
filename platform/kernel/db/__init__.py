"""Database: one engine a process, one PostgreSQL schema a module."""

from kernel.db.engine import connect
from kernel.db.entities import Entity, new_id, schema, utc_now

__all__ = ["Entity", "connect", "new_id", "schema", "utc_now"]
