"""Mounts any set of modules into one Litestar application."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from litestar import Litestar, Router
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ControllerRouterHandler

from kernel.errors import InvalidToken
from kernel.health import Health, HealthController
from kernel.http.client import Client, Proxies
from kernel.http.conditional import provide_if_match
from kernel.http.decoding import MAX_BODY, StrictRequest
from kernel.http.edge import Application
from kernel.http.encoding import JSONResponse
from kernel.http.limiting import RequestLimiter, counting
from kernel.http.openapi import document_problems
from kernel.http.request import HttpRequest
from kernel.http.routes import FastRoutes
from kernel.http.strictness import refuse_loose_requests
from kernel.idempotency import Once
from kernel.mail import takes_mail
from kernel.metrics import Exposition, OutboxMetrics, ProcessMetrics, metrics_route
from kernel.module import Module, Process
from kernel.problems import ProblemController, exception_handlers
from kernel.runtime import open_runtime
from kernel.security import Authenticator, Principal, provide_caller, provide_me
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder


def create_app(
    settings: KernelSettings,
    modules: Sequence[Module],
    *,
    served: Sequence[Module] | None = None,
    routes: Sequence[ControllerRouterHandler] = (),
    signed_in_routes: Sequence[ControllerRouterHandler] = (),
    openapi: OpenAPIConfig | None = None,
    recorder: "Recorder | None" = None,
) -> Application:
    """One application out of independent slices; a test passes a single one.

    ``modules`` are known in full; ``served`` narrows whose routes are mounted. ``routes`` belong to no module,
    nor do ``signed_in_routes``, which look at who is calling.
    """
    runtime = open_runtime(settings, modules, recorder)
    draining = asyncio.Event()
    health = Health(runtime.engine, runtime.redis.client, partial(takes_mail, settings.mail_url), draining)
    authenticators = [
        module.authenticator(runtime.reader, runtime.cache, runtime.permissions, runtime.database)
        for module in modules
        if module.authenticator
    ]
    opt = {"authenticate": uncopied(authenticators[0])} if authenticators else {}
    for module in modules:
        if module.begin is not None:
            module.begin(Process(runtime.database, runtime.broadcast, authenticators[0] if authenticators else nobody))

    async def provide_uow() -> AsyncGenerator[UnitOfWork, None]:
        """A transaction that is committed before the answer leaves."""
        async with runtime.database.unit_of_work() as uow:
            yield uow

    vault = Vault(settings.secret_keys)

    def provide_once(request: HttpRequest, uow: NamedDependency[UnitOfWork]) -> Once:
        """What a POST that creates runs its effect through."""
        return Once(request, uow, vault)

    proxies = Proxies(settings.trusted_proxies)

    def provide_client(request: HttpRequest) -> Client:
        """Where the request comes from."""
        return proxies.client_of(request)

    def provide_limiter(request: HttpRequest) -> RequestLimiter:
        """What counts by hand."""
        return RequestLimiter(runtime.limiter, request)

    metrics = ProcessMetrics()
    exposition = Exposition(metrics, OutboxMetrics(runtime.reader))

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncGenerator[None]:
        gc.collect()
        gc.freeze()  # the framework's objects never die: a collector that walks them is the tail of the latency
        watching = asyncio.create_task(metrics.watch(runtime.engine, runtime.reader))
        yield
        watching.cancel()
        await runtime.close()

    mounted = modules if served is None else served
    return Application(
        settings,
        draining=draining,
        observe=metrics.observe,
        recorder=recorder,
        route_handlers=[
            HealthController,
            ProblemController,
            metrics_route(exposition, settings.metrics, proxies),
            Router(path="/", route_handlers=[*(module.router() for module in mounted), *signed_in_routes], opt=opt),
            *(module.root_router() for module in mounted),
            *routes,
        ],
        opt={"count": counting(runtime.limiter, proxies)},
        dependencies={
            "uow": Provide(provide_uow),
            "me": Provide(provide_me, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            "client": Provide(provide_client, sync_to_thread=False),
            "if_match": Provide(provide_if_match, sync_to_thread=False),
            "health": Provide(lambda: health, use_cache=True, sync_to_thread=False),
            "reader": Provide(lambda: runtime.reader, use_cache=True, sync_to_thread=False),
            "cache": Provide(lambda: runtime.cache, use_cache=True, sync_to_thread=False),
            "permissions": Provide(lambda: runtime.permissions, use_cache=True, sync_to_thread=False),
            "limiter": Provide(provide_limiter, sync_to_thread=False),
            "once": Provide(provide_once, sync_to_thread=False),
        },
        plugins=[FastRoutes(settings.http)],
        request_class=StrictRequest,
        response_class=JSONResponse,
        request_max_body_size=MAX_BODY,
        before_request=refuse_loose_requests,
        exception_handlers=exception_handlers,
        lifespan=[lifespan],
        on_startup=[document_problems],
        openapi_config=openapi,
        logging_config=None,  # `kernel.telemetry` has configured it
        debug=False,
    )


async def nobody(_: str) -> Principal:
    """The authenticator of an application that has none; raises `InvalidToken`."""
    raise InvalidToken


def uncopied(authenticate: Authenticator) -> Authenticator:
    """The same, as a function: Litestar copies options deeply, but not functions."""

    async def call(token: str) -> Principal:
        return await authenticate(token)

    return call
