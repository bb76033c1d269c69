"""``/metrics`` of a process that serves nothing else."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from kernel.http.client import Proxies
from kernel.http.decoding import StrictRequest
from kernel.http.edge import Application
from kernel.http.encoding import JSONResponse
from kernel.http.routes import FastRoutes
from kernel.http.strictness import refuse_loose_requests
from kernel.metrics.exposition import Exposition, metrics_route
from kernel.problems import exception_handlers
from kernel.settings import KernelSettings


class Server(uvicorn.Server):
    """One that hears no signals: whoever runs it ends it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


async def serve_metrics(exposition: Exposition, settings: KernelSettings, listener: socket.socket) -> None:
    """Answer whoever may scrape, until cancelled."""
    app = Application(
        settings,
        route_handlers=[metrics_route(exposition, settings.metrics, Proxies(settings.trusted_proxies))],
        plugins=[FastRoutes(settings.http)],
        request_class=StrictRequest,
        response_class=JSONResponse,
        before_request=refuse_loose_requests,
        exception_handlers=exception_handlers,
        openapi_config=None,
        logging_config=None,
    )
    config = uvicorn.Config(
        app,
        http="kernel.http.protocol:ProblemProtocol",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    with listener:
        server = Server(config)
        try:
            await server.serve([listener])
        finally:  # cancelled, it would leave the loop watching what is closed
            for each in getattr(server, "servers", ()):
                each.close()
