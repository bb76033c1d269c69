"""The one layer around Litestar: what holds for every request and every answer, whatever the route."""

import asyncio
import re
from collections.abc import Callable, Iterable
from itertools import count
from os import urandom
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from urllib.parse import unquote_to_bytes, urlsplit

import structlog
from litestar import Litestar, Request
from litestar.enums import ScopeType
from litestar.exceptions import MethodNotAllowedException, NotFoundException
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, unbind_contextvars

from kernel.errors import DomainError, InternalError, NotFound, UriTooLong
from kernel.http import tracing
from kernel.http.cors import Cors
from kernel.http.hosts import Hosts
from kernel.problems import allow, problem
from kernel.settings import KernelSettings
from kernel.telemetry import CURRENT, Trace

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder

log = structlog.get_logger()

Observe: TypeAlias = Callable[[HTTPScope, int, float], None]
"""Told of every answer: the scope with what routing found out, the status (0 for none), the seconds it took."""

Headers: TypeAlias = list[tuple[bytes, bytes]]

MAX_ADDRESS = 8 * 1024

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
BAD_ENCODING = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CONTROL = re.compile(rb"[\x00-\x1f\x7f]")

NOSNIFF = (b"x-content-type-options", b"nosniff")
REFERRER = (b"referrer-policy", b"no-referrer")
CLOSE = (b"connection", b"close")
NO_STORE = (b"cache-control", b"no-store")
"""For every answer that says nothing of caches: it may be somebody's own."""
JSON = (b"content-type", b"application/json")
HTML_POLICY = (
    b"content-security-policy",
    b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)


class Application(Litestar):
    """A Litestar application that is only reached through its `Edge`."""

    # Any: the options are Litestar's
    def __init__(
        self,
        settings: KernelSettings,
        *,
        draining: asyncio.Event | None = None,
        observe: Observe | None = None,
        recorder: "Recorder | None" = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.draining = draining or asyncio.Event()
        """Set: the process stops soon. It serves all that comes, each answer as the last one of its connection."""
        self.asgi_handler = Edge(self.asgi_handler, self.methods, settings, self.draining, observe, recorder)

    # Any: the three have types of Litestar's own, which servers and clients do not know
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As Litestar has it, without its hooks around every message: we have none."""
        if scope["type"] == ScopeType.HTTP:
            scope["litestar_app"] = self
            scope.setdefault("state", {})
            await self.asgi_handler(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def methods(self, path: str) -> str | None:
        """The ``Allow`` of a path, None if what is mounted there decides; raises `NotFound` for an unknown path."""
        try:
            self.asgi_router.handle_routing(path=path, method=cast("Any", "?"))  # Any: a method that no route has
        except MethodNotAllowedException as refusal:
            return allow((refusal.headers or {})["allow"].split(", "))
        except NotFoundException:
            raise NotFound from None
        return None


class Edge:
    """Request id, security headers, host check, CORS, HEAD and OPTIONS, strict paths, an answer to every failure."""

    def __init__(
        self,
        app: ASGIApp,
        methods: Callable[[str], str | None],
        settings: KernelSettings,
        draining: asyncio.Event,
        observe: Observe | None = None,
        recorder: "Recorder | None" = None,
    ) -> None:
        names = [urlsplit(settings.public_url).hostname or "", *settings.http.allowed_hosts]
        self._app = app
        self._methods = methods
        self._draining = draining
        self._observe = observe
        self._recorder = recorder
        self._hosts = Hosts(names, local=settings.env != "production")
        self._cors = Cors(settings.cors_origins, loopback=settings.env == "development")
        self._request_ids = map(f"{urandom(8).hex()}-{{:08x}}".format, count(1))
        # The variable itself: binding by name costs five times as much.
        self._logged_id = bind_contextvars(request_id="")["request_id"].var
        unbind_contextvars("request_id")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, from the first header to the last byte."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        began, method = perf_counter(), scope["method"]
        hosts, origin, given_id, trace = read(scope["headers"])
        request_id = given_id or next(self._request_ids)
        scope["state"]["request_id"] = request_id
        self._logged_id.set(request_id)
        span = None if self._recorder is None else tracing.begin(self._recorder, scope, trace)
        CURRENT.set(span or trace)
        headers = [NOSNIFF, REFERRER, (b"x-request-id", request_id.encode()), *self._cors.headers(origin)]
        scope["state"]["headers"] = headers  # what is put there by then is sent
        answer = Answer(send, headers, self._draining, is_head=method == "HEAD")
        if method == "HEAD":
            scope = {**scope, "method": "GET"}  # a copy: the server still has to know
        try:
            self._admit(scope, hosts)
            if method == "OPTIONS" and (methods := self._methods(scope["path"])) is not None:
                await answer.options(methods, self._cors.preflight(origin, methods))
            else:
                await self._app(scope, receive, answer.send)
        except Exception as error:
            if answer.status:
                raise
            if not isinstance(error, DomainError):
                log.error("request failed", exc_info=error, method=scope["method"], path=scope["path"])
                error = InternalError()
            await problem(error, scope).to_asgi_response(None, Request(scope))(scope, receive, answer.send)
        finally:
            if self._observe is not None:
                self._observe(scope, answer.status, perf_counter() - began)
            if span is not None:
                tracing.finish(span, method, scope.get("path_template"), answer.status)

    def _admit(self, scope: HTTPScope, hosts: list[bytes]) -> None:
        """Raise what is wrong with a request before anybody looks at its route. Probes and scrapers come by address."""
        path = scope["path"]
        raw = scope.get("raw_path") or path.encode()
        if not path.startswith(("/health/", "/metrics")):
            self._hosts.check(hosts)
        if len(raw) + len(scope["query_string"]) > MAX_ADDRESS:
            raise UriTooLong
        if not has_one_spelling(path, raw):
            raise NotFound


class Answer:
    """What is said to one request, whoever says it."""

    __slots__ = ("_draining", "_headers", "_is_head", "_send", "status")

    def __init__(self, send: Send, headers: Headers, draining: asyncio.Event, *, is_head: bool) -> None:
        self.status = 0
        self._send = send
        self._headers = headers
        self._draining = draining
        self._is_head = is_head

    async def send(self, message: Message) -> None:
        """Pass it on with our headers. HEAD is over with the first message: a stream sees its client leave."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = headers = [*message["headers"], *self._headers]
            if all(name != b"cache-control" for name, _ in headers):
                headers.append(NO_STORE)
            if JSON not in headers and is_bare_html(headers):
                headers.append(HTML_POLICY)
            if self._draining.is_set():
                headers.append(CLOSE)
            await self._send(message)
            if self._is_head:
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        elif not self._is_head:
            await self._send(message)

    async def options(self, methods: str, preflight: Headers) -> None:
        """204 with the exact ``Allow``, and what a preflight asks for."""
        headers = [(b"allow", methods.encode()), *preflight]
        await self.send({"type": "http.response.start", "status": 204, "headers": headers})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})


def read(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[bytes], bytes | None, str | None, Trace | None]:
    """All hosts, the origin, the request id if it is a good one, and the trace if there is just one."""
    hosts: list[bytes] = []
    origin = request_id = parent = None
    states: list[bytes] = []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"origin":
            origin = value
        elif name == b"x-request-id":
            request_id = value.decode() if REQUEST_ID.fullmatch(value) else None
        elif name == b"traceparent":
            parent = value if parent is None else b""
        elif name == b"tracestate":
            states.append(value)
    if not parent:
        return hosts, origin, request_id, None
    trace = Trace.received(parent.decode("latin-1"), b",".join(states).decode("latin-1"))
    return hosts, origin, request_id, trace


def is_bare_html(headers: Headers) -> bool:
    """Whether it is a page without a policy of its own."""
    is_html = any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
    return is_html and all(name != b"content-security-policy" for name, _ in headers)


def has_one_spelling(path: str, raw: bytes) -> bool:
    """Whether no second path would mean the same: no empty segment, no encoded slash, nothing unreadable."""
    if "//" in path or path[:1] != "/" or (path[-1] == "/" and path != "/"):
        return False
    if b"%" not in raw:
        return True
    plain = unquote_to_bytes(raw)
    try:
        plain.decode()
    except UnicodeDecodeError:
        return False
    odd = BAD_ENCODING.search(raw) or CONTROL.search(plain) or plain.count(b"/") != raw.count(b"/")
    return not odd
