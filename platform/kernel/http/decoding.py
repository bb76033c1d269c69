"""The one strict way from the bytes of a body to the value that a handler asked for."""

import re
from functools import lru_cache
from itertools import islice
from typing import Any

import msgspec
from litestar import Request
from litestar.enums import RequestEncodingType
from litestar.params import BodyKwarg
from litestar.types import Empty
from litestar.typing import FieldDefinition
from msgspec import inspect

from kernel.errors import MalformedBody, UnsupportedMediaType, ValidationFailed, Violation
from kernel.http.parsing import parse
from kernel.http.validation import MOST, Ruled, violations

MAX_BODY = 1024 * 1024

# Escapes of NUL and of surrogates, and a newline at the end of a text: msgspec lets some of them through.
SUSPECT = re.compile(rb'\\u(?:0000|[dD][89a-fA-F])|\\(?:n|u000[aA])"')
JSON = re.compile(rb'\s*application/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*', re.IGNORECASE)


class StrictRequest(Request[Any, Any, Any]):  # Any: who is calling, and what the state holds, does not matter here
    """A request that takes nothing but clean JSON: ``data: JSONBody[T]`` is a valid ``T``, or the caller learns why.

    A body that may be missing is ``data: JSONBody[T | None] = None``.
    """

    async def body(self) -> bytes:
        """All bytes; raises `MalformedBody` for none where the handler needs some."""
        body = await super().body()
        if not body and needs_body(self.route_handler.parsed_data_field):
            raise MalformedBody("A JSON body is required.")
        return body

    async def json(self) -> Any:  # Any: whatever type the handler has declared
        """The body as what the handler declared; raises `ValidationFailed` with all that is wrong."""
        if self._json is Empty:
            require_json(self.scope["headers"])
            field = self.route_handler.parsed_data_field
            self._json = body_of(Any if field is None else field.annotation).decode(await self.body())
        return self._json


def needs_body(field: FieldDefinition | None) -> bool:
    """Whether a handler cannot do without JSON."""
    return field is not None and not field.has_default and is_json(field)


def is_json(field: FieldDefinition) -> bool:
    """Whether that is how a body is read."""
    body = field.kwarg_definition
    return isinstance(body, BodyKwarg) and body.media_type == RequestEncodingType.JSON


def require_json(headers: Any) -> None:
    """Raise `UnsupportedMediaType` unless the body is announced as JSON in UTF-8, and not compressed."""
    kind = coding = b""
    for name, value in headers:
        if name == b"content-type":
            kind = value
        elif name == b"content-encoding":
            coding = value
    if kind != b"application/json" and JSON.fullmatch(kind) is None:
        raise UnsupportedMediaType("Send `Content-Type: application/json`.")
    if coding.strip().lower() not in {b"", b"identity"}:
        raise UnsupportedMediaType("Send the body uncompressed.")


class Body:
    """Bodies of one type."""

    def __init__(self, kind: Any) -> None:  # Any: a type form
        self._kind = kind
        self._info = inspect.type_info(kind)
        self._simple = is_simple(self._info)

    def decode(self, body: bytes) -> Any:  # Any: an instance of the type form
        """Raise `MalformedBody` for what is no JSON, `ValidationFailed` for what is no such value."""
        value = parse(body)
        if self._simple and SUSPECT.search(body) is None:
            try:
                return msgspec.convert(value, self._kind, str_keys=True)
            except msgspec.ValidationError:
                pass
        wrong = list(islice(violations(value, self._info, "/body"), MOST))
        if wrong:
            raise ValidationFailed(wrong)
        try:
            return msgspec.convert(value, self._kind, str_keys=True)
        except msgspec.ValidationError:
            raise ValidationFailed([Violation("/body", "invalid", "The value is invalid.")]) from None


body_of = lru_cache(1024)(Body)


def is_simple(info: inspect.Type) -> bool:
    """Whether msgspec alone is strict enough: not for times, ids, integers without bounds, missing tags and `Ruled`."""
    match info:
        case inspect.DateTimeType() | inspect.UUIDType():
            return False
        case inspect.IntType():
            return (info.ge is not None or info.gt is not None) and (info.le is not None or info.lt is not None)
        case inspect.Metadata():
            return is_simple(info.type)
        case inspect.UnionType():
            return all(map(is_simple, info.types))
        case inspect.StructType():
            has_more_rules = info.tag_field is not None or issubclass(info.cls, Ruled)
            return not has_more_rules and all(is_simple(field.type) for field in info.fields)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            return is_simple(info.item_type)
        case inspect.DictType():
            return is_simple(info.key_type) and is_simple(info.value_type)
        case _:
            return True
