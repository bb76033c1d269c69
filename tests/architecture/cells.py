"""What a row of the table of all routes says, and what it makes each kind of caller expect."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from kernel.http.openapi import takes_tokens
from kernel.security import in_person, signed_in_recently
from tests.architecture.world import World
from tests.running import Person

ANYONE, SIGNED_IN, SUPERUSERS = "anyone", "anyone signed in", "superusers"
IN_PERSON, RECENTLY = in_person.who, signed_in_recently.who
SCRAPERS = "scrapers"
"""Whoever asks on this machine, as the tests do; the rest is in `tests/kernel/test_metrics.py`."""
HOLDERS = "holders of "

MODERATION = frozenset({"posts:read:any", "posts:write:any", "comments:write:any"})

ACTORS = (
    *("anonymous", "other", "owner", "stale owner", "owner's program"),
    *("moderator", "admin", "superuser", "deactivated"),
)
"""The owner has just signed in, or some minutes ago, or has sent a program with a personal access token: of the account
and of all that a path names. The rest are others, and have just signed in."""

Form: TypeAlias = Callable[[World, Person | None], Awaitable[object]]
"""A body that has to be made: the caller is nobody where no token is looked at."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One request as its best caller makes it, and what the others get."""

    status: int = 200
    """For those who may."""
    body: Any = None  # Any: JSON, or a `Form`
    form: bool = False
    """Whether the body is sent as a form."""
    path: str | None = None
    """Where the things of `tests.architecture.world` do not fit."""
    others: int | None = None
    """For who is neither the owner nor holds ``unless``; None where nothing belongs to anybody."""
    unless: str = ""
    """The permission of those who may although it is not theirs."""
    stream: bool = False
    """The answer never ends: HEAD shows as much."""


def may(actor: str, permission: str) -> bool:
    """Whether such a caller holds a permission. (An admin holds all; a superuser need not.)"""
    return actor in {"admin", "superuser"} or (actor == "moderator" and permission in MODERATION)


def expected(actor: str, who: str, call: Call, *, handler: Any) -> int:  # Any: a handler, or one that is mounted
    """The status that a row promises to a kind of caller."""
    if who == SCRAPERS:
        return call.status
    if actor == "deactivated":
        if takes_tokens(handler):
            return 401
        actor = "anonymous"
    if who != ANYONE and actor == "anonymous":
        return 401
    if who == SUPERUSERS and actor != "superuser":
        return 403
    if who.startswith(HOLDERS) and not may(actor, who.removeprefix(HOLDERS)):
        return 403
    if who in {IN_PERSON, RECENTLY} and actor == "owner's program":
        return 403
    if who == RECENTLY and actor == "stale owner":
        return 403
    if call.others is not None and "owner" not in actor and not (call.unless and may(actor, call.unless)):
        return call.others
    return call.status
