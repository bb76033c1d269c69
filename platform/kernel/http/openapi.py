"""The OpenAPI document tells the truth about failures: every one is ``application/problem+json``.

What follows from the form of an operation (an id, a body, a guard, ``If-Match``) is documented by itself; the rest is
declared where it is raised: ``opt={"problems": [EmailTaken]}``.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TypeAlias

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    Components,
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    Schema,
)
from litestar.routes import HTTPRoute

from kernel.errors import (
    Conflict,
    InternalError,
    InvalidCursor,
    InvalidToken,
    Malformed,
    MalformedBody,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ReauthenticationRequired,
    RequestTimeout,
    Unavailable,
    UnsupportedMediaType,
    ValidationFailed,
)
from kernel.http.limiting import LIMITS
from kernel.problems import Kind, status_of
from kernel.security import TOKENLESS, Access, public
from kernel.versions import IfMatch

Answers: TypeAlias = dict[str, OpenAPIResponse | Reference]

TEXT = Schema(type=OpenAPIType.STRING)

VIOLATION = Schema(
    type=OpenAPIType.OBJECT,
    description="One field that breaks one rule.",
    required=["pointer", "code", "message"],
    properties={"pointer": TEXT, "code": TEXT, "message": TEXT},
    examples=[{"pointer": "/body/title", "code": "too_short", "message": "Must not be empty."}],
)

PROBLEM = Schema(
    type=OpenAPIType.OBJECT,
    description="An RFC 9457 problem document. `code` is stable; `type` links to an explanation.",
    required=["type", "title", "status", "detail", "instance", "code", "request_id"],
    properties={
        **dict.fromkeys(("type", "title", "detail", "instance", "code", "request_id"), TEXT),
        "status": Schema(type=OpenAPIType.INTEGER),
        "errors": Schema(type=OpenAPIType.ARRAY, items=Reference(ref="#/components/schemas/Violation")),
    },
    examples=[
        {
            "type": "/problems/not_found",
            "title": "The resource does not exist, or you may not see it",
            "status": 404,
            "detail": "The resource does not exist, or you may not see it.",
            "instance": "/api/v1/posts/0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
            "code": "not_found",
            "request_id": "2f1c0a5de0b94c0f8a4de1f3c77b9a10",
        }
    ],
)

IF_MATCH = Parameter(
    name="If-Match",
    param_in="header",
    description="The `ETag` of the version to be changed; without it, the last writer wins.",
    schema=TEXT,
)

IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    param_in="header",
    description="1 to 255 visible ASCII characters, remembered for 24 hours: a repeated request has no second effect.",
    schema=TEXT,
)

RATE_LIMIT: dict[str, OpenAPIHeader | Reference] = {
    "RateLimit-Policy": OpenAPIHeader(description="How often this may be called.", schema=TEXT),
    "RateLimit": OpenAPIHeader(
        description="How many calls are left, and the seconds until the quota is full again.", schema=TEXT
    ),
}

ALWAYS: tuple[Kind, ...] = (Malformed, RateLimited, InternalError, Unavailable)


def document_problems(app: Litestar) -> None:
    """Complete the document of ``app``; called once, when it starts. Without a document there is nothing to do."""
    if app.openapi_config is None:
        return
    document = app.openapi_schema
    components = document.components = document.components or Components()
    components.schemas = {**(components.schemas or {}), "Problem": PROBLEM, "Violation": VIOLATION}
    components.responses = components.responses or {}
    for route in app.routes:
        item = (document.paths or {}).get(route.path_format)
        if item is None or not isinstance(route, HTTPRoute):
            continue
        for method, (handler, _) in route.route_handler_map.items():
            operation = getattr(item, method.lower(), None)
            if isinstance(operation, Operation):
                complete(operation, method, handler, components.responses)
                if not takes_tokens(handler):
                    operation.security = []
                elif all(guard == public for guard in guards_of(handler)):
                    operation.security = [{}, *(document.security or [])]
    # Methods of a route come out of a set: without this, the committed document would depend on the hash seed.
    components.responses = dict(sorted(components.responses.items()))


def complete(operation: Operation, method: str, handler: HTTPRouteHandler, shared: Answers) -> None:
    """Replace what the operation says about failures, and add the header that its precondition comes from."""
    successes = {code: answer for code, answer in (operation.responses or {}).items() if code < "400"}
    declared: set[Kind] = set(handler.opt.get("problems", ()))
    expected = declared.union(implied(operation, method, handler))
    failures: Answers = {}
    for status, group in groupby(sorted(expected, key=by_status), status_of):
        of_status = list(group)
        if status in (handler.responses or {}):
            failures[str(status)] = also(operation, status, answer_of(of_status))
        elif declared.isdisjoint(of_status):
            name = "Or".join(kind.__name__ for kind in of_status)
            shared.setdefault(name, answer_of(of_status))
            failures[str(status)] = Reference(ref=f"#/components/responses/{name}")
        else:
            failures[str(status)] = answer_of(of_status)
    nothing = successes.get("204")
    if isinstance(nothing, OpenAPIResponse):
        nothing.content = None  # Litestar documents the JSON of an empty `Response`
    if method == "GET" and successes and takes_tokens(handler):
        successes["304"] = OpenAPIResponse(description="Nothing has changed since the `ETag` in `If-None-Match`.")
    if handler.opt.get(LIMITS):
        for answer in successes.values():
            if isinstance(answer, OpenAPIResponse):
                answer.headers = {**(answer.headers or {}), **RATE_LIMIT}
    operation.responses = {**successes, **failures}
    operation.summary = handler.summary or spelled_out(operation.operation_id or "")
    if takes_precondition(handler):
        operation.parameters = [*(operation.parameters or []), IF_MATCH]
    if "once" in handler.parsed_fn_signature.parameters:
        operation.parameters = [*(operation.parameters or []), IDEMPOTENCY_KEY]
    body = handler.parsed_fn_signature.parameters.get("data")
    if isinstance(operation.request_body, RequestBody) and body is not None and body.is_optional:
        operation.request_body.required = False


def spelled_out(operation_id: str) -> str:
    """``listOwnPosts`` as "List own posts": Litestar's own summary is the name of a function."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", operation_id).capitalize()


def guards_of(handler: HTTPRouteHandler) -> list[Access]:
    """Who may call it."""
    return [guard for layer in handler.ownership_layers for guard in layer.guards or () if isinstance(guard, Access)]


def takes_tokens(handler: HTTPRouteHandler) -> bool:
    """Whether a token is looked at; a bad one is refused even where none is needed."""
    return "authenticate" in handler.opt and not handler.opt.get(TOKENLESS)


def by_status(kind: Kind) -> tuple[int, str]:
    """A stable order, so that the committed document changes only when something changes."""
    return status_of(kind), kind.code()


def implied(operation: Operation, method: str, handler: HTTPRouteHandler) -> Iterator[Kind]:
    """Kinds that follow from the form of an operation."""
    yield from ALWAYS
    places = {each.param_in for each in operation.parameters or [] if isinstance(each, Parameter)}
    guards = guards_of(handler)
    if "path" in places:
        yield NotFound
    yield ValidationFailed  # an unknown query parameter is enough
    if "data" in handler.parsed_fn_signature.parameters:
        yield from (MalformedBody, UnsupportedMediaType)
    if any(isinstance(each, Parameter) and each.name == "cursor" for each in operation.parameters or []):
        yield InvalidCursor
    if takes_tokens(handler):
        yield InvalidToken
    if any(guard != public for guard in guards):
        yield NotAuthenticated
    if any(guard.permission or guard.superuser or guard.in_person or guard.recently for guard in guards):
        yield PermissionDenied
    if any(guard.recently for guard in guards):
        yield ReauthenticationRequired
    if method != "GET":
        yield from (Conflict, PayloadTooLarge, RequestTimeout)
    if takes_precondition(handler):
        yield PreconditionFailed


def takes_precondition(handler: HTTPRouteHandler) -> bool:
    """Whether ``If-Match`` matters."""
    return any(field.annotation is IfMatch for field in handler.parsed_fn_signature.parameters.values())


def also(operation: Operation, status: int, answer: OpenAPIResponse) -> OpenAPIResponse:
    """A problem, or what the handler itself says of a status (OAuth2 has a form of its own)."""
    declared = (operation.responses or {})[str(status)]
    if isinstance(declared, OpenAPIResponse):
        answer.content = {**(declared.content or {}), **(answer.content or {})}
    return answer


def answer_of(kinds: list[Kind]) -> OpenAPIResponse:
    """What one status may mean."""
    meanings = " ".join(f"`{kind.code()}`: {kind.title()}." for kind in kinds)
    return OpenAPIResponse(
        description=meanings,
        content={"application/problem+json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Problem"))},
    )
