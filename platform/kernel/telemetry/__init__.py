"""What a process tells of itself while it works: log lines, and where each belongs in a trace."""

from kernel.telemetry.logs import configure_logging
from kernel.telemetry.tracing import CURRENT, Trace

__all__ = ["CURRENT", "Trace", "configure_logging"]
