"""Entry point of the worker process."""

import asyncio
import os

from app.registry import chosen, modules
from kernel.settings import KernelSettings
from kernel.telemetry import configure_logging, open_recorder
from kernel.worker import run


def main() -> None:
    """Work for all modules until told to stop; raises `SettingsError`."""
    settings = KernelSettings.from_env(os.environ)
    configure_logging(settings)
    product = modules(settings, os.environ)
    asyncio.run(run(settings, product, chosen(product, os.environ), open_recorder(os.environ)))
