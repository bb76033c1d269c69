"""The OpenAPI document itself."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.serialization import encode_json

from kernel.http.conditional import representation
from kernel.http.request import HttpRequest
from kernel.security import public
from kernel.versions import etag

DOCUMENT = "/schema/openapi.json"


def document_routes() -> Sequence[HTTPRouteHandler]:
    """The document as JSON and as YAML, encoded when first asked for (in a thread: it is large) and then kept."""

    @cache
    def as_json(app: Litestar) -> bytes:
        return encode_json(app.openapi_schema.to_schema())

    @cache
    def as_yaml(app: Litestar) -> bytes:
        return msgspec.yaml.encode(msgspec.json.decode(as_json(app)))

    @get(DOCUMENT, guards=[public], include_in_schema=False, sync_to_thread=True)
    def openapi_json(request: HttpRequest) -> Response[bytes]:
        return kept(request, as_json(request.app), "application/json")

    @get("/schema/openapi.yaml", guards=[public], include_in_schema=False, sync_to_thread=True)
    def openapi_yaml(request: HttpRequest) -> Response[bytes]:
        return kept(request, as_yaml(request.app), "application/yaml")

    return [openapi_json, openapi_yaml]


# Any: the bytes do not tell what they are of
def kept(request: HttpRequest, body: bytes, media_type: str, **headers: str) -> Response[Any]:
    """What is the same until another release runs, with its tag: who has it already hears only that."""
    tagged = {"ETag": etag(body, 0), **headers}
    return representation(request, body, headers=tagged, public=True, media_type=media_type)
