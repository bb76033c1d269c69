"""The API as processes of uvicorn."""

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING

from app import death_signal
from app.processes import Failure
from kernel.settings import KernelSettings
from kernel.telemetry import is_exporting

if TYPE_CHECKING:
    from kernel.http.edge import Application

BACKLOG = 2048

FINISHING = 20
"""Seconds for requests in progress to end once no connection is taken."""


def serve(listener: socket.socket, workers: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises `SettingsError`."""
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    class Processes(Multiprocess):
        """Those of uvicorn, whose parent has the listener too: nobody is to wait there once they have left it."""

        def terminate_all(self) -> None:
            super().terminate_all()
            listener.close()

    is_proxied = KernelSettings.from_env(os.environ).trusted_proxies
    config = uvicorn.Config(
        "app.serving:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        http=f"kernel.http.protocol:{'ProxiedProtocol' if is_proxied else 'ProblemProtocol'}",
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=FINISHING,
    )
    if workers == 1:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what uvicorn restores, and raises once more, when it is done
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listener])
        return
    from app.registry import modules

    modules(KernelSettings.from_env(os.environ), os.environ)  # what is wrong is said once, not by every process
    is_exporting(os.environ)
    processes = Processes(config, [listener])
    with shared_metrics():
        processes.run()
    if any(process.exitcode == STARTUP_FAILURE for process in processes.processes):
        sys.exit(STARTUP_FAILURE)


@contextmanager
def shared_metrics() -> Iterator[None]:
    """A folder, empty at first, where the processes that follow keep their numbers, so that each can tell all."""
    with TemporaryDirectory(prefix="quire-metrics-", ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def application() -> "Application":
    """`app.asgi.create`, in a process that drains, and is killed together with the `quire serve` it belongs to."""
    if parent := multiprocessing.parent_process():
        death_signal.die_with_parent(parent.pid or 0, signal.SIGKILL)
    from app.asgi import create

    app = create()
    if seconds := KernelSettings.from_env(os.environ).http.drain:
        drain_first(app.draining, seconds)
    return app


def drain_first(draining: asyncio.Event, seconds: float) -> None:
    """Let SIGTERM leave balancers so many ``seconds`` to find out, before uvicorn stops. SIGINT stops it at once.

    The handler is put in front of uvicorn's, whose supervisor makes its servers itself: a class of ours has no way in.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)
    assert callable(stop)  # noqa: S101 - uvicorn has set it before it loads an application

    def begin(number: int, _: FrameType | None) -> None:
        if not draining.is_set():  # whoever stops a whole group of processes tells each of them twice
            draining.set()
            loop.call_later(seconds, stop, number, None)

    signal.signal(signal.SIGTERM, begin)


def listening(host: str, port: int) -> socket.socket:
    """A socket at this address; raises `Failure` where it is taken.

    It listens from the beginning, so whoever calls while the application is being loaded waits, and is not turned away.
    """
    try:
        family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(BACKLOG)
    except OSError as error:
        raise Failure(f"cannot listen on {host}, port {port}: {(error.strerror or str(error)).lower()}") from None
    return listener


def loopback(host: str) -> str:
    """Where to reach, on this machine, what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def address(host: str, port: int) -> str:
    """For a browser on this machine."""
    name = loopback(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
