"""What a process tells of itself while it works: log lines, and traces of what it does."""

from kernel.telemetry.exporting import is_exporting, open_recorder
from kernel.telemetry.logs import configure_logging
from kernel.telemetry.tracing import CURRENT, NOTHING, Attributes, Trace

__all__ = ["CURRENT", "NOTHING", "Attributes", "Trace", "configure_logging", "is_exporting", "open_recorder"]
