"""What a process believes about sessions and personal tokens, for at most half a second."""

import time
from uuid import UUID

import msgspec

from kernel.security import Principal

FRESH = 0.5
"""Seconds for which the state of a session is believed."""

REMEMBERED = 20_000
"""Sessions and personal tokens that a process remembers."""


class State(msgspec.Struct, frozen=True):
    """What was found out about a session, and when it was asked; nobody if it has ended."""

    asked_at: float
    principal: Principal | None


class SessionCache:
    """The states that a process remembers, by session id or by the hash of a personal token."""

    def __init__(self) -> None:
        self._states: dict[UUID | str, State] = {}
        self._forgot_at = 0.0

    def fresh(self, key: UUID | str) -> State | None:
        """What is known, and young enough, by the id of a session or the hash of a personal token."""
        state = self._states.get(key)
        return state if state is not None and time.monotonic() - state.asked_at < FRESH else None

    def remember(self, key: UUID | str, state: State) -> None:
        """Believe it for a while, unless something has changed since it was asked."""
        if state.asked_at <= self._forgot_at:
            return
        if len(self._states) >= REMEMBERED:
            self._states.clear()
        self._states[key] = state

    def forget(self, user_id: UUID) -> None:
        """Ask again about all of somebody's: this process need not wait for what it has done itself.

        To be called once that is committed, or whoever asks in between would believe the old state.
        """
        self._forgot_at = time.monotonic()
        of_user = [each for each, state in self._states.items() if state.principal and state.principal.id == user_id]
        for key in of_user:
            del self._states[key]
