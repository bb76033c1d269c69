"""Configuration of the users module."""

from typing import Annotated

import msgspec

from kernel.settings import Settings


class UsersSettings(Settings, frozen=True, kw_only=True):
    """How long somebody who wants to be erased can think better of it."""

    prefix = "USERS"

    grace_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 30
    """At least one: by then, what is kept for a day (events that were delivered, answers) is gone by itself."""
