"""Roles that there always are. They are code: a new permission is the administrators' with the deploy that adds it."""

from collections.abc import Iterable

from kernel.security import Permissions

ADMIN = "admin"
"""All that is not for superusers alone."""

MODERATOR = "moderator"
"""Keeps the peace in what others write."""

MODERATION = frozenset({"posts:read:any", "posts:write:any", "comments:write:any"})


def built_in(declared: Permissions) -> dict[str, frozenset[str]]:
    """What each of them may do."""
    return {ADMIN: frozenset(declared.meanings), MODERATOR: MODERATION & declared.meanings.keys()}


def permissions_of(roles: Iterable[str], granted: Iterable[str], declared: Permissions) -> frozenset[str]:
    """All that somebody with these ``roles`` may do; ``granted`` is what those that are rows give."""
    known = built_in(declared)
    return frozenset(granted).union(*(known.get(role, ()) for role in roles))
