from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from importlib import import_module
from inspect import isfunction
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Protocol, Union, get_args, get_origin, get_type_hints, runtime_checkable
from uuid import UUID

import msgspec
import pytest

from kernel.errors import DomainError
from modules.users import User, Users
from modules.users.models import UserRow
from modules.users.services import UserService
from tests.architecture.test_layout import MODULES

PLAIN = {str, int, float, bool, bytes, NoneType, UUID, datetime, timedelta, msgspec.UnsetType}
COMPOSED = {Annotated, Union, UnionType, list, dict, set, frozenset, tuple, Sequence, Mapping}
METHODS = 6

# Any: what is exported, and what it is annotated with, can be anything


def objections(name: str, thing: Any) -> Iterator[str]:
    """What keeps something from crossing the door of a module."""
    if isfunction(thing):
        yield from objections_to_provider(name, thing)
    elif not isinstance(thing, type):
        yield from objections_to_annotation(name, thing)
    elif issubclass(thing, msgspec.Struct):
        if not thing.__struct_config__.frozen:
            yield f"{name} can be changed by whoever gets it"
        for field, kind in get_type_hints(thing, include_extras=True).items():
            yield from objections_to_annotation(f"{name}.{field}", kind)
    elif getattr(thing, "_is_protocol", False):
        yield from objections_to_protocol(name, thing)
    elif not issubclass(thing, DomainError):
        yield f"{name} is neither a value, an event, an error, a protocol nor a provider"


def objections_to_protocol(name: str, protocol: Any) -> Iterator[str]:
    methods = [each for each in vars(protocol).values() if isfunction(each) and each.__name__[0] != "_"]
    if not getattr(protocol, "_is_runtime_protocol", False):
        yield f"{name} is not runtime_checkable: as a dependency it makes every request fail"
    if len(methods) > METHODS:
        yield f"{name} has more than {METHODS} methods: several small protocols beat one large"
    for method in methods:
        if not method.__doc__:
            yield f"{name}.{method.__name__} promises nothing"
        for argument, kind in get_type_hints(method, include_extras=True).items():
            yield from objections_to_annotation(f"{name}.{method.__name__}({argument})", kind)


def objections_to_provider(name: str, function: Any) -> Iterator[str]:
    if not name.startswith(("provide_", "open_")):
        yield f"{name} is a function: what others may ask belongs into a protocol"
    if not getattr(get_type_hints(function).get("return"), "_is_protocol", False):
        yield f"{name} gives away more than a protocol"


def objections_to_annotation(where: str, kind: Any) -> Iterator[str]:
    for leaf in leaves(kind):
        frozen = isinstance(leaf, type) and issubclass(leaf, msgspec.Struct) and leaf.__struct_config__.frozen
        if not frozen and leaf not in PLAIN:
            yield f"{where} mentions {leaf!r}"


def leaves(kind: Any) -> Iterator[Any]:
    """What an annotation is composed of."""
    match get_origin(kind), get_args(kind):
        case None, _:
            yield kind
        case origin, _ if origin is Literal:
            return
        case origin, arguments if origin is Annotated:
            yield from leaves(arguments[0])
        case origin, arguments if origin in COMPOSED:
            for argument in arguments:
                if argument is not Ellipsis:
                    yield from leaves(argument)
        case origin, _:
            yield origin


def exports(facade: ModuleType) -> dict[str, Any]:
    return {name: getattr(facade, name) for name in getattr(facade, "__all__", ())}


@pytest.mark.parametrize("module", MODULES)
def test_a_facade_exports_values_events_errors_protocols_and_providers_only(module: str) -> None:
    facade = import_module(f"modules.{module}")
    assert [each for name, thing in exports(facade).items() for each in objections(name, thing)] == []


@pytest.mark.parametrize("module", MODULES)
def test_a_facade_says_what_it_exports_and_nothing_else_is_there(module: str) -> None:
    facade = import_module(f"modules.{module}")
    public = {name for name, thing in vars(facade).items() if name[0] != "_" and not isinstance(thing, ModuleType)}
    assert public == set(exports(facade))
    assert facade.__doc__


class Changeable(msgspec.Struct):
    name: str


class Leaky(msgspec.Struct, frozen=True):
    rows: dict[UUID, list[UserRow]] | None


class Unchecked(Protocol):
    async def find(self, user_id: UUID) -> User | None:
        """Somebody."""
        ...


@runtime_checkable
class Wide(Protocol):
    async def one(self) -> UserRow:
        """A row."""
        ...

    async def two(self) -> None: ...
    async def three(self) -> None: ...
    async def four(self) -> None: ...
    async def five(self) -> None: ...
    async def six(self) -> None: ...
    async def seven(self) -> None: ...


def provide_service() -> UserService:
    raise NotImplementedError


def helper(user_id: UUID) -> str:
    return str(user_id)


@pytest.mark.parametrize(
    ("thing", "objection"),
    [
        (UserRow, "is neither a value"),
        (UserService, "is neither a value"),
        (Changeable, "can be changed"),
        (Leaky, "Leaky.rows mentions <class 'modules.users.models.UserRow'>"),
        (Wide, "Wide.one(return) mentions <class 'modules.users.models.UserRow'>"),
        (Wide, "has more than 6 methods"),
        (Wide, "Wide.two promises nothing"),
        (Unchecked, "is not runtime_checkable"),
        (provide_service, "gives away more than a protocol"),
        (helper, "belongs into a protocol"),
        (Annotated[list[UserRow], "rows"], "mentions"),
    ],
)
def test_what_should_not_cross_the_door_is_noticed(thing: Any, objection: str) -> None:
    assert any(objection in each for each in objections(getattr(thing, "__name__", "thing"), thing))


def test_what_may_cross_the_door_does() -> None:
    assert [each for thing in (User, Users) for each in objections(thing.__name__, thing)] == []
