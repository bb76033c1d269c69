"""Demo data for development, or for a measurement."""

import asyncio
from collections.abc import Callable, Mapping

import asyncpg

from app.registry import modules
from kernel.demo import Demo
from kernel.settings import KernelSettings

ROWS_A_PERSON = 12
"""A person, a password, whom they follow: about."""

ROWS_TWO_POSTS = 3
"""A tenth of all posts has some comments and reactions: about."""


def seed(env: Mapping[str, str], *, users: int, posts: int, advance: Callable[[int, int], None]) -> str:
    """Write it all, or nothing; everybody's password. ``advance`` hears how many rows were written, of how many."""
    settings = KernelSettings.from_env(env)
    total = users * ROWS_A_PERSON + posts * ROWS_TWO_POSTS // 2

    async def write() -> str:
        connection = await asyncpg.connect(settings.database_url)
        try:
            async with connection.transaction():
                demo = Demo(connection=connection, users=users, posts=posts, advance=lambda rows: advance(rows, total))
                for module in modules(settings, env):
                    if module.seed is not None:
                        await module.seed(demo)
            await connection.execute("ANALYZE")
            return demo.password
        finally:
            await connection.close()

    return asyncio.run(write())
