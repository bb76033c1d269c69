"""The type of a request in a handler's signature."""

from typing import Any, TypeAlias

from litestar import Request

# Any: handlers ask for the caller by name (`me`, `caller`), never through `request.user`, `request.auth` or the state.
HttpRequest: TypeAlias = Request[Any, Any, Any]
