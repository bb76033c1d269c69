"""People who are there without having signed up."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

PEOPLE = """
    INSERT INTO users.users (id, email, email_identity, username, name, bio, is_active, is_superuser, email_verified,
                             roles, followers_count, following_count, version)
    SELECT id, email, email, replace(id::text, '-', '')::varchar(30), 'Reader', '', true, false, true, '{}', 0, 0, 1
    FROM unnest($1::uuid[], $2::text[]) AS person (id, email)
"""


async def settle(database: asyncpg.Connection, addresses: Mapping[UUID, str]) -> None:
    """All of them at once, by their ids."""
    await database.execute(PEOPLE, list(addresses), list(addresses.values()))
