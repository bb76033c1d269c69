"""The span of a request: its method, its route and what was answered. Never its address, which may name anything."""

from typing import TYPE_CHECKING

from litestar.types import HTTPScope

from kernel.telemetry import Trace

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder, Span

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

UNTRACED = ("/health/", "/metrics")
"""What machines ask for every few seconds."""


def begin(recorder: "Recorder", scope: HTTPScope, parent: Trace | None) -> "Span | None":
    """Unless nobody wants to know of it."""
    if scope["path"].startswith(UNTRACED):
        return None
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    return recorder.begin(method, "server", {"http.request.method": method, "url.scheme": scope["scheme"]}, parent)


def finish(span: "Span", method: str, route: str | None, status: int) -> None:
    """With what is known by now: a route if there was one, and the status; 0 if nobody heard one."""
    if not span.is_recorded:
        return
    answered = {"http.response.status_code": status} if status else {}
    if route is None:
        span.tell(answered)
    else:
        span.tell({"http.route": route, **answered}, name=f"{method if method in METHODS else 'HTTP'} {route}")
    if status >= 500 or not status:
        span.fail(str(status) if status else "no_answer")
    span.end()
