"""Names of what cached values embed of people; a change of it is announced by `UnitOfWork.changes`."""

from hashlib import blake2b
from uuid import UUID


def person(user_id: UUID) -> str:
    """Everything about a person but how many follow whom."""
    return f"users:{user_id}"


def popularity(user_id: UUID) -> str:
    """How many follow a person, and whom they follow."""
    return f"users:popularity:{user_id}"


def username_of(username: str) -> str:
    """Whose a username is; its hash, since announced changes are kept for a day and say no word about anybody."""
    return f"users:named:{blake2b(username.encode(), digest_size=8).hexdigest()}"
