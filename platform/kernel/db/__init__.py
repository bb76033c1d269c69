"""Database: one engine a process, one PostgreSQL schema a module."""

from kernel.db.engine import connect, connection_settings
from kernel.db.entities import Entity, new_id, schema, utc_now

__all__ = ["Entity", "connect", "connection_settings", "new_id", "schema", "utc_now"]
