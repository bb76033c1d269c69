"""Our commands; at SIGUSR1 the process writes down what its event loop has to do, a line for each task."""

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from app import serving

if TYPE_CHECKING:
    from kernel.http.edge import Application

END = "these are all"
"""The last line."""

create = serving.application


def application() -> "Application":
    """The real one."""
    note = Path(os.environ["QUIRE_FAULT_TASKS"])

    def tell() -> None:
        note.write_text("".join(f"{task.get_coro()}\n" for task in asyncio.all_tasks()) + END)

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
    return create()


if __name__ == "__main__":
    serving.application = application
    from app.cli import main

    main()
