"""The OpenAPI document itself."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.serialization import encode_json

from kernel.security import public

DOCUMENT = "/schema/openapi.json"
CACHING = {"Cache-Control": "public, max-age=0, must-revalidate"}


def document_routes() -> Sequence[HTTPRouteHandler]:
    """The document as JSON and as YAML, encoded when first asked for (in a thread: it is large) and then kept."""

    @cache
    def as_json(app: Litestar) -> bytes:
        return encode_json(app.openapi_schema.to_schema())

    @cache
    def as_yaml(app: Litestar) -> bytes:
        return msgspec.yaml.encode(msgspec.json.decode(as_json(app)))

    # Any: the handler's user, auth and state types are of no interest here.
    @get(DOCUMENT, guards=[public], include_in_schema=False, sync_to_thread=True)
    def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(as_json(request.app), media_type="application/json", headers=CACHING)

    @get("/schema/openapi.yaml", guards=[public], include_in_schema=False, sync_to_thread=True)
    def openapi_yaml(request: Request[Any, Any, Any]) -> Response[bytes]:
        return Response(as_yaml(request.app), media_type="application/yaml", headers=CACHING)

    return [openapi_json, openapi_yaml]
