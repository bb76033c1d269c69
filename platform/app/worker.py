"""Entry point of the worker process."""

import asyncio
import os
import socket

from app.registry import chosen, modules
from app.serving import listening
from kernel.settings import KernelSettings
from kernel.telemetry import configure_logging, open_recorder
from kernel.worker import run


def main() -> None:
    """Work for all modules until told to stop; raises `SettingsError` or `Failure`."""
    settings = KernelSettings.from_env(os.environ)
    configure_logging(settings)
    product = modules(settings, os.environ)
    asyncio.run(
        run(settings, product, chosen(product, os.environ), open_recorder(os.environ), metrics_listener(settings))
    )


def metrics_listener(settings: KernelSettings) -> socket.socket | None:
    """Where the numbers of a worker are told: without a token, on this machine alone."""
    host = "0.0.0.0" if settings.metrics.token else "127.0.0.1"  # noqa: S104 - whoever has no token hears nothing
    return listening(host, settings.metrics.worker_port) if settings.metrics.worker_port else None
