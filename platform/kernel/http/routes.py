"""How a request reaches its handler: as Litestar has it, without doing again what is the same for every request.

Litestar opens a task group for dependencies, validates what they return, and copies the handler for each of its guards:
more work than most handlers do. Here that is worked out once, when a route is mounted.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, TypeAlias, cast
from uuid import UUID

from litestar._kwargs import KwargsModel
from litestar._signature import SignatureModel
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.plugins import ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.types import ASGIApp, Empty, HTTPScope, Receive, Scope, Send

from kernel.db.failures import is_undone
from kernel.http.buffering import BodyBuffer
from kernel.http.bulkhead import Bulkheads
from kernel.http.encoding import Encoded
from kernel.http.limiting import LIMITS, Count
from kernel.http.request import HttpRequest
from kernel.limits import Limit
from kernel.security import TOKENLESS, identify, public
from kernel.settings import HttpSettings

PAUSES = (0.02, 0.1)
"""Seconds before the second and the third attempt, about."""

BODIED = frozenset({"POST", "PUT", "PATCH", "DELETE"})
"""Methods whose requests may have a body."""

Values: TypeAlias = dict[str, Any]  # Any: dependencies and parameters are of any type


class FastRoutes(ReceiveRoutePlugin):
    """Makes a `FastRoute` of every route of an application."""

    def __init__(self, settings: HttpSettings) -> None:
        self._bulkheads = Bulkheads(settings)
        self._buffer = BodyBuffer()

    def receive_route(self, route: BaseRoute) -> None:
        """Called by Litestar for each route that is mounted."""
        if isinstance(route, HTTPRoute):
            route.__class__ = FastRoute
            ids = {name for name, parameter in route.path_parameters.items() if parameter.type is UUID}
            for method, (handler, model) in route.route_handler_map.items():
                endpoint = Endpoint(handler, model, self._bulkheads, self._buffer, ids)
                route.route_handler_map[method] = (handler, cast("KwargsModel", endpoint))


class FastRoute(HTTPRoute):
    """A route whose handlers use no form, nor Litestar's cache, nor hooks after the request: none of ours does."""

    __slots__ = ()

    async def handle(self, scope: HTTPScope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        """One request."""
        endpoint = cast("Endpoint", self.route_handler_map[scope["method"]][1])
        if endpoint.bulkhead is None:
            await endpoint.serve(scope, receive, send)
            return
        if scope["method"] in BODIED:
            receive = await endpoint.buffer.complete(scope, receive)
        await endpoint.bulkhead.serve(endpoint.serve, scope, receive, send)


class Endpoint:
    """All that happens between a request and the answer of one handler."""

    def __init__(
        self,
        handler: HTTPRouteHandler,
        model: KwargsModel,
        bulkheads: Bulkheads,
        buffer: BodyBuffer,
        ids: Collection[str],
    ) -> None:
        steps = [step for batch in model.dependency_batches for step in sorted(batch, key=lambda each: each.key)]
        provided = {step.key: step.provide for step in steps}
        self.bulkhead = bulkheads.bulkhead_for(handler.opt)
        self.buffer = buffer
        self._handler = handler
        self._request = handler.resolve_request_class()
        self._authenticate = None if handler.opt.get(TOKENLESS) else handler.opt.get("authenticate")
        self._guards = [guard for guard in handler.resolve_guards() if guard != public]
        self._limits: Sequence[Limit] = handler.opt.get(LIMITS, ())
        self._count: Count | None = handler.opt.get("count")
        self._before = handler.resolve_before_request()
        self._leaves_bodies = handler.parsed_data_field is None and handler.http_methods != {"GET"}
        self._extractors = model.extractors
        self._constants = constants(provided)
        self._steps = [
            (name, Call(handler, provide, provided, ids))
            for name, provide in provided.items()
            if name not in self._constants
        ]
        self._opens = any(step.opens for _, step in self._steps)
        self._call = Call(handler, handler, provided, ids)
        self._adds_nothing = not (
            handler.background or handler.resolve_response_headers() or handler.resolve_response_cookies()
        )

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        answer = await self._answer(self._request(cast("HTTPScope", scope), receive, send))
        await answer(scope, receive, send)

    async def _answer(self, request: HttpRequest) -> ASGIApp:
        """What the handler says. Whatever a dependency has opened is closed by then.

        A transaction that the database has undone is tried again: nobody has been told anything yet.
        """
        request.scope["user"] = None
        if self._authenticate is not None:
            await identify(request, self._authenticate)
        for guard in self._guards:
            await guard(request, self._handler)  # type: ignore[misc] # Litestar has made coroutines of all
        if self._count is not None:
            for limit in self._limits:
                await self._count(request, limit)
        if self._before is not None:
            await self._before(request)
        if self._leaves_bodies:
            await request.body()  # one that is too large is refused, also where nobody wants one
        values: Values = {"request": request, **self._constants}
        for extract in self._extractors:
            await extract(values, request)
        if values.get("data") is Empty:
            del values["data"]
        if not self._opens:
            return await self._run(values, None)
        for pause in PAUSES:
            try:
                async with AsyncExitStack() as opened:
                    return await self._run(values, opened)
            except Exception as error:
                if not is_undone(error):
                    raise
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        async with AsyncExitStack() as opened:
            return await self._run(values, opened)

    async def _run(self, values: Values, opened: AsyncExitStack | None) -> ASGIApp:
        for name, step in self._steps:
            values[name] = await step.result(values, opened)
        said = await self._call.result(values, opened)
        if self._adds_nothing and isinstance(said, Encoded):
            return said.final()
        return await self._handler.to_response(app=values["request"].app, data=said, request=values["request"])


class Call:
    """A handler or a dependency: other dependencies are handed to it as they are, what a client gives is validated."""

    def __init__(
        self,
        handler: HTTPRouteHandler,
        callee: HTTPRouteHandler | Provide,
        provided: Collection[str],
        ids: Collection[str],
    ) -> None:
        """``ids`` in the path are ids already: routing has made them so."""
        signature = callee.parsed_fn_signature
        ids = {name for name in ids if name in signature.parameters and signature.parameters[name].annotation is UUID}
        own = {"request", *provided, *ids}
        given = {name: field for name, field in signature.parameters.items() if name not in own}
        # Any: takes and gives any
        self._function: Any = callee.dependency if isinstance(callee, Provide) else callee.fn
        self._waits = not callee.has_sync_callable
        self.opens = isinstance(callee, Provide) and callee.has_async_generator_dependency
        self._own = [name for name in signature.parameters if name in own]
        self._given: type[SignatureModel] | None = None
        if given:
            decoders = handler.resolve_type_decoders()
            self._given = SignatureModel.create(set(), self._function, replace(signature, parameters=given), decoders)
        if self.opens:
            self._function = asynccontextmanager(cast("Callable[..., AsyncGenerator[Any]]", self._function))

    async def result(self, values: Values, opened: AsyncExitStack | None) -> Any:  # Any: see `Values`
        """What comes of it; a generator that is ``opened`` goes on when the request is over."""
        arguments = {name: values[name] for name in self._own}
        if self._given is not None:
            arguments.update(self._given.parse_values_from_connection_kwargs(values["request"], values))
        result: Any = self._function(**arguments)  # Any: as above
        if opened is not None and self.opens:
            return await opened.enter_async_context(result)
        return await result if self._waits else result


def constants(provided: Mapping[str, Provide]) -> Values:
    """Dependencies that are the same for every request: those that are declared so, and plain functions of these."""
    found: Values = {}
    for name, provide in provided.items():
        needs = provide.parsed_fn_signature.parameters
        is_plain = provide.has_sync_callable and not provide.has_async_generator_dependency
        if is_plain and needs.keys() <= found.keys() and (needs or provide.use_cache):
            found[name] = provide.dependency(**{each: found[each] for each in needs})
    return found
