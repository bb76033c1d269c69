"""Names of what cached values embed of posts; a change of it is announced by `UnitOfWork.changes`."""

from uuid import UUID

LISTS = "posts:lists"
"""Which posts are public, in which order, and what lists show of them, but for what readers do with them."""

COUNTS = "posts:counts"
"""What lists show of reactions and comments, and so which posts are the top."""


def post(post_id: UUID) -> str:
    """Everything about a post."""
    return f"posts:{post_id}"
