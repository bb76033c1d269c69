"""Addresses, taken as strictly as bodies: ids in their one spelling, and no query parameter that nobody asked for."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import TypeAlias
from urllib.parse import unquote_to_bytes
from uuid import UUID
from weakref import WeakKeyDictionary

from litestar.di import Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter
from msgspec import inspect

from kernel.bounds import UNSTORABLE
from kernel.errors import InvalidCursor, MalformedBody, NotFound, UnsupportedMediaType, ValidationFailed, Violation
from kernel.http.decoding import is_json
from kernel.http.request import HttpRequest
from kernel.http.validation import LONGEST_NAME, MOST, segment, violations

Pairs: TypeAlias = tuple[tuple[str, str], ...]

INTEGER = re.compile("0|-?[1-9][0-9]{0,17}")
BOOLEANS: Mapping[str, bool] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter that a handler, or something it depends on, has declared."""

    kind: inspect.Type
    required: bool


Parameters: TypeAlias = Mapping[str, Parameter]

seen: WeakKeyDictionary[BaseRouteHandler, Parameters] = WeakKeyDictionary()


async def refuse_loose_requests(request: HttpRequest) -> None:
    """Raise `NotFound` for an id that is not canonical, `ValidationFailed` with all that is wrong in query and body.

    Runs after the guards, before everything else. A handler with ``opt={"any_query": True}`` takes unknown parameters.
    """
    scope, handler = request.scope, request.route_handler
    if scope["path_params"]:
        refuse_odd_ids(scope["path"], scope["path_params"].values())
    known = seen.get(handler)
    if known is None:
        known = seen[handler] = parameters(handler)
    if not known and not scope["query_string"]:
        return
    pairs = parsed(scope["query_string"])
    request._parsed_query = pairs  # Litestar goes on with this very reading, so that no two can differ
    wrong = list(islice(refused(pairs, known, handler.opt.get("any_query", False)), MOST))
    if wrong and all(each.pointer == "/query/cursor" for each in wrong):
        raise InvalidCursor
    if wrong:
        raise ValidationFailed([*wrong, *await wrong_in_body(request)])


async def wrong_in_body(request: HttpRequest) -> Sequence[Violation]:
    """What its caller would hear of next. That it is no JSON is not said before the query is right."""
    field = request.route_handler.parsed_data_field
    if field is not None and is_json(field):
        try:
            await request.json()
        except ValidationFailed as error:
            return error.violations
        except (MalformedBody, UnsupportedMediaType):
            pass
    return ()


def refuse_odd_ids(path: str, values: Collection[object]) -> None:
    """Raise `NotFound` unless every id and every number stands in the path as we would write it."""
    for value in values:
        if isinstance(value, UUID | int):
            before, spelled, after = path.partition(f"/{value}")
            if not spelled or after[:1] not in {"", "/"} or (isinstance(value, UUID) and value.version != 7):
                raise NotFound
            path = before + after


def parameters(function: BaseRouteHandler) -> Parameters:
    """By their names on the wire."""
    dependencies = function.resolve_dependencies()
    found: dict[str, Parameter] = {}
    open_questions: list[BaseRouteHandler | Provide] = [function]
    while open_questions:
        asking = open_questions.pop()
        for name, field in asking.parsed_fn_signature.parameters.items():
            if name in dependencies:
                open_questions.append(dependencies[name])
            elif isinstance(field.kwarg_definition, QueryParameter):
                kind = inspect.type_info(asking.signature_model.__annotations__[name])
                optional = field.has_default or field.is_optional
                found[field.kwarg_definition.name or name] = Parameter(bare(kind), required=not optional)
    return found


def bare(kind: inspect.Type) -> inspect.Type:
    """Without "or nothing", and without what is only documentation."""
    match kind:
        case inspect.Metadata():
            return bare(kind.type)
        case inspect.UnionType():
            others = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
            return bare(others[0]) if len(others) == 1 else kind
        case _:
            return kind


@lru_cache(1024)
def parsed(query: bytes) -> Pairs:
    """Names and values in their order. Bytes that are no UTF-8 become surrogates, which no parameter takes."""
    pairs = (pair.partition(b"=") for pair in query.replace(b"+", b" ").split(b"&") if pair)
    return tuple((text(name), text(value)) for name, _, value in pairs)


def text(encoded: bytes) -> str:
    """Without percent-encoding."""
    return unquote_to_bytes(encoded).decode(errors="surrogateescape")


def refused(pairs: Pairs, known: Parameters, any_query: bool) -> Iterator[Violation]:
    """All that is wrong in a query."""
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        given.setdefault(name, []).append(value)
    for name, parameter in known.items():
        if name in given:
            yield from of_parameter(given[name], parameter, f"/query/{segment(name)}")
        elif parameter.required:
            yield Violation(f"/query/{segment(name)}", "required", "This parameter is required.")
    for name in given:
        if name not in known and not any_query:
            sayable = len(name) <= LONGEST_NAME and not UNSTORABLE.search(name)
            pointer = f"/query/{segment(name)}" if sayable else "/query"
            yield Violation(pointer, "unknown_parameter", "This parameter does not exist.")


def of_parameter(values: list[str], parameter: Parameter, pointer: str) -> Iterator[Violation]:
    """A list takes every value, everything else exactly one."""
    kind = parameter.kind
    if isinstance(kind, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        yield from violations([meant(value, bare(kind.item_type)) for value in values], kind, pointer)
    elif len(values) > 1:
        yield Violation(pointer, "repeated", "This parameter was given more than once.")
    else:
        yield from violations(meant(values[0], kind), kind, pointer)


def meant(value: str, kind: inspect.Type) -> object:
    """Numbers and booleans in the one way they are written; all else is text."""
    if isinstance(kind, inspect.IntType) and INTEGER.fullmatch(value):
        return int(value)
    if isinstance(kind, inspect.BoolType):
        return BOOLEANS.get(value, value)
    return value
