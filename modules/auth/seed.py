"""A password for demo people."""

from kernel.db import new_id
from kernel.demo import Demo
from modules.auth.passwords import Passwords


async def seed(demo: Demo, passwords: Passwords) -> None:
    """All of them have the same one."""
    hashed = await passwords.hash(demo.password)
    rows = [(new_id(), user_id, hashed) for user_id in demo.people]
    await demo.copy("auth.credentials", ("id", "user_id", "password_hash"), rows)
