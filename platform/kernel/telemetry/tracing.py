"""Which trace a piece of work belongs to (https://www.w3.org/TR/trace-context/), whether it is recorded or not."""

import re
from contextvars import ContextVar
from typing import Self

TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(-.*)?")


class Trace:
    """A place in a trace: what is begun from here names it as its parent."""

    __slots__ = ("traceparent", "tracestate")

    def __init__(self, traceparent: str, tracestate: str = "") -> None:
        self.traceparent = traceparent
        self.tracestate = tracestate

    @classmethod
    def received(cls, traceparent: str, tracestate: str = "") -> Self | None:
        """As somebody else wrote it; nothing if it is malformed. What a later version adds is left out."""
        match = TRACEPARENT.fullmatch(traceparent)
        if match is None or (match[1] == "00" and match[3]):
            return None
        return cls(f"00-{match[2]}", tracestate)

    @property
    def trace_id(self) -> str:
        """Of all that belongs together."""
        return self.traceparent[3:35]


CURRENT: ContextVar[Trace | None] = ContextVar("trace", default=None)
"""Where the work of this task belongs."""
