"""Which trace a piece of work belongs to (https://www.w3.org/TR/trace-context/), whether it is recorded or not."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Literal, TypeAlias

TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?")

Kind: TypeAlias = Literal["client", "consumer", "producer", "server"]
Attributes: TypeAlias = Mapping[str, str | int]

NOTHING: AbstractContextManager[None] = nullcontext()
"""A step that nobody records."""


class Trace:
    """A place in a trace: what begins here names it as its parent. Recorded elsewhere, or not at all."""

    __slots__ = ("_traceparent", "tracestate")

    def __init__(self, traceparent: str, tracestate: str = "") -> None:
        self._traceparent = traceparent
        self.tracestate = tracestate

    @classmethod
    def received(cls, traceparent: str, tracestate: str = "") -> "Trace | None":
        """As somebody else wrote it; nothing if it is malformed. What a later version adds is left out."""
        match = TRACEPARENT.fullmatch(traceparent)
        if match is None or (match[1] == "00" and match[3]):
            return None
        return Trace(f"00-{match[2]}", tracestate)

    @property
    def traceparent(self) -> str:
        """For whoever goes on from here."""
        return self._traceparent

    @property
    def trace_id(self) -> str:
        """Of all that belongs together."""
        return self.traceparent[3:35]

    @property
    def is_recorded(self) -> bool:
        """Whether steps are worth being described."""
        return False

    def step(self, name: str, kind: Kind, attributes: Attributes) -> AbstractContextManager[object]:
        """What begins now and is done within, as a part of this."""
        return NOTHING


CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""Where the work of this task belongs."""
