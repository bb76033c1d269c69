"""Logging: one event a line, with the ids of request and trace, from our code and from libraries alike."""

import logging
import sys
from collections.abc import Sequence

import structlog
from structlog.typing import EventDict, Processor

from kernel.settings import KernelSettings
from kernel.telemetry.tracing import CURRENT


def name_trace(_: object, __: str, event: EventDict) -> EventDict:
    """Tell which trace a line belongs to, if any."""
    trace = CURRENT.get()
    if trace is not None:
        event["trace_id"] = trace.trace_id
    return event


SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    name_trace,
    structlog.stdlib.add_logger_name,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)

# Never with the local variables of every frame, which is the default of both renderers: passwords are among them.
TRACEBACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def configure_logging(settings: KernelSettings) -> None:
    """Called once by every process, before anything is logged."""
    renderer: list[Processor] = (
        [TRACEBACKS, structlog.processors.JSONRenderer()]
        if settings.log_format == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(settings.log_level),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    for chatty in ("saq", "httpx", "uvicorn.access"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
