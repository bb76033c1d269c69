"""What is wrong with a value that should have been of some type: all of it, where msgspec stops at the first.

`violations` is at least as strict as `msgspec.convert`: what passes here converts. Beyond msgspec it refuses text that
PostgreSQL cannot store, times without a zone or outside 2000-2100, and ids in any spelling but the canonical one.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sized
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import msgspec
from msgspec import inspect

from kernel.bounds import EARLIEST, END, UNSTORABLE
from kernel.errors import Violation

CANONICAL_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LONGEST_NAME = 100
MOST = 100
"""So many violations are reported at most."""

TEXTS: Mapping[type[inspect.Type], type] = {
    inspect.DateType: date,
    inspect.TimeType: time,
    inspect.TimeDeltaType: timedelta,
    inspect.BytesType: bytes,
}


@runtime_checkable
class Ruled(Protocol):
    """A struct with rules that no schema can express."""

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """What is wrong with the fields in ``given``: those that are there, and right as far as the schema goes."""
        ...


def violations(value: object, kind: inspect.Type, pointer: str) -> Iterator[Violation]:
    """Everything that keeps ``value``, which was just parsed, from being a ``kind``."""
    match kind:
        case inspect.Metadata():
            yield from violations(value, kind.type, pointer)
        case inspect.AnyType():
            yield from unstorable(value, pointer)
        case inspect.UnionType():
            yield from of_union(value, kind, pointer)
        case inspect.StructType():
            yield from of_struct(value, kind, pointer)
        case inspect.DictType():
            yield from of_dict(value, kind, pointer)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            yield from of_list(value, kind, pointer)
        case inspect.IntType() | inspect.FloatType():
            yield from of_number(value, kind, pointer)
        case inspect.NoneType():
            if value is not None:
                yield Violation(pointer, "invalid_type", "Expected null.")
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield Violation(pointer, "invalid_type", "Expected true or false.")
        case inspect.LiteralType():
            yield from of_choice(value, kind.values, pointer)
        case inspect.EnumType():
            yield from of_choice(value, [member.value for member in kind.cls], pointer)
        case inspect.StrType() | inspect.DateTimeType() | inspect.UUIDType():
            yield from of_text(value, kind, pointer)
        case _ if type(kind) in TEXTS:
            yield from of_text(value, kind, pointer)


def of_struct(value: object, kind: inspect.StructType, pointer: str) -> Iterator[Violation]:
    """Missing, unknown and wrong fields."""
    if not isinstance(value, dict):
        yield Violation(pointer, "invalid_type", "Expected an object.")
        return
    known = {field.encode_name: field for field in kind.fields}
    if kind.tag_field is not None and value.get(kind.tag_field) != kind.tag:
        yield Violation(f"{pointer}/{kind.tag_field}", "invalid_choice", f"Expected {kind.tag!r}.")
    right: dict[str, object] = {}
    for name, field in known.items():
        if name in value:
            wrong = list(violations(value[name], field.type, f"{pointer}/{segment(name)}"))
            yield from wrong
            right |= {} if wrong else {field.name: value[name]}
        elif field.required:
            yield Violation(f"{pointer}/{segment(name)}", "required", "This field is required.")
    if issubclass(kind.cls, Ruled):
        yield from kind.cls.broken_rules(right, pointer)
    if kind.forbid_unknown_fields:
        yield from (unknown(name, pointer) for name in value if name not in known and name != kind.tag_field)


def unknown(name: str, pointer: str) -> Violation:
    """A field that nobody asked for."""
    return Violation(named(name, pointer), "unknown_field", "This field does not exist.")


def named(name: str, pointer: str) -> str:
    """Where a field is; or what it is in, if its name cannot be repeated."""
    return pointer if UNSTORABLE.search(name) or len(name) > LONGEST_NAME else f"{pointer}/{segment(name)}"


def of_dict(value: object, kind: inspect.DictType, pointer: str) -> Iterator[Violation]:
    """Keys and values; keys are text."""
    if not isinstance(value, dict):
        yield Violation(pointer, "invalid_type", "Expected an object.")
        return
    yield from of_size(value, kind.min_length, kind.max_length, "entries", pointer)
    for key, inner in islice(value.items(), kind.max_length):
        if next(violations(key, kind.key_type, pointer), None) or len(key) > LONGEST_NAME:
            yield Violation(named(key, pointer), "invalid_choice", "This name is not allowed here.")
        else:
            yield from violations(inner, kind.value_type, f"{pointer}/{segment(key)}")


def of_list(
    value: object,
    kind: inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType,
    pointer: str,
) -> Iterator[Violation]:
    """The number of items, and every item by its index."""
    if not isinstance(value, list):
        yield Violation(pointer, "invalid_type", "Expected an array.")
        return
    yield from of_size(value, kind.min_length, kind.max_length, "items", pointer)
    for index, item in enumerate(value[: kind.max_length]):
        yield from violations(item, kind.item_type, f"{pointer}/{index}")


def of_union(value: object, kind: inspect.UnionType, pointer: str) -> Iterator[Violation]:
    """Nothing if one of the types fits; else what the type that comes nearest has to say."""
    if value is None and any(isinstance(each, inspect.NoneType) for each in kind.types):
        return
    others = [each for each in kind.types if not isinstance(each, inspect.NoneType)]
    attempts = [list(islice(violations(value, each, pointer), MOST)) for each in others]

    def distance(attempt: list[Violation]) -> tuple[bool, bool, int]:
        of_another_type = any(each.pointer == pointer and each.code == "invalid_type" for each in attempt)
        return of_another_type, any(each.code == "invalid_choice" for each in attempt), len(attempt)

    yield from min(attempts, key=distance)


def of_number(value: object, kind: inspect.IntType | inspect.FloatType, pointer: str) -> Iterator[Violation]:
    """Type and range; no integer leaves 64 bits."""
    whole = isinstance(kind, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        yield Violation(pointer, "invalid_type", "Expected an integer." if whole else "Expected a number.")
    elif whole and not -(2**63) <= value < 2**63:
        yield Violation(pointer, "out_of_range", "The number is out of range.")
    elif kind.ge is not None and value < kind.ge:
        yield Violation(pointer, "too_small", f"Expected at least {kind.ge}.")
    elif kind.gt is not None and value <= kind.gt:
        yield Violation(pointer, "too_small", f"Expected more than {kind.gt}.")
    elif kind.le is not None and value > kind.le:
        yield Violation(pointer, "too_large", f"Expected at most {kind.le}.")
    elif kind.lt is not None and value >= kind.lt:
        yield Violation(pointer, "too_large", f"Expected less than {kind.lt}.")
    elif kind.multiple_of is not None and value % kind.multiple_of:
        yield Violation(pointer, "invalid_choice", f"Expected a multiple of {kind.multiple_of}.")


def of_text(value: object, kind: inspect.Type, pointer: str) -> Iterator[Violation]:
    """Text, and what is written as text."""
    if not isinstance(value, str):
        yield Violation(pointer, "invalid_type", "Expected a string.")
    elif UNSTORABLE.search(value):
        yield Violation(pointer, "invalid_characters", "NUL and unpaired surrogates are not allowed.")
    elif isinstance(kind, inspect.StrType):
        wrong_size = next(of_size(value, kind.min_length, kind.max_length, "characters", pointer), None)
        if wrong_size is not None:
            yield wrong_size
        elif kind.pattern is not None and not matches(kind.pattern, value):
            yield Violation(pointer, "invalid_format", f"Expected text matching {kind.pattern}.")
    elif isinstance(kind, inspect.DateTimeType):
        yield from of_time(value, pointer)
    elif isinstance(kind, inspect.UUIDType):
        if CANONICAL_ID.fullmatch(value) is None:
            yield Violation(pointer, "invalid_format", "Expected an id: a lowercase UUIDv7.")
    elif not converts(value, TEXTS[type(kind)]):
        yield Violation(pointer, "invalid_format", f"Expected a {TEXTS[type(kind)].__name__}.")


def of_time(value: str, pointer: str) -> Iterator[Violation]:
    """RFC 3339, with a zone, in this century."""
    try:
        moment = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        yield Violation(pointer, "invalid_format", "Expected a time with a time zone, such as 2026-01-31T12:00:00Z.")
    elif not EARLIEST <= moment < END:
        yield Violation(pointer, "out_of_range", "Expected a time between the years 2000 and 2100.")


def of_choice(value: object, choices: Collection[object], pointer: str) -> Iterator[Violation]:
    """One of a few values; 1 is not true."""
    if not any(value == choice and type(value) is type(choice) for choice in choices):
        yield Violation(pointer, "invalid_choice", f"Expected one of: {', '.join(map(str, choices))}.")


def of_size(value: Sized, least: int | None, most: int | None, what: str, pointer: str) -> Iterator[Violation]:
    """Length of a text, an array or an object."""
    if len(value) < (least or 0):
        yield Violation(
            pointer, "too_short", "Must not be empty." if least == 1 else f"Expected at least {least} {what}."
        )
    elif most is not None and len(value) > most:
        yield Violation(pointer, "too_long", f"Expected at most {most} {what}.")


def unstorable(value: object, pointer: str) -> Iterator[Violation]:
    """Texts with impossible characters, anywhere in a value of any shape."""
    if isinstance(value, str) and UNSTORABLE.search(value):
        yield Violation(pointer, "invalid_characters", "NUL and unpaired surrogates are not allowed.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from unstorable(key, pointer)
            yield from unstorable(inner, pointer)
    elif isinstance(value, list):
        for item in value:
            yield from unstorable(item, pointer)


def matches(pattern: str, value: str) -> bool:
    """As msgspec does, but ``$`` is the very end: in Python it also matches before a last newline."""
    return re.search(pattern, value) is not None and not (pattern.endswith("$") and value.endswith("\n"))


def converts(value: str, kind: type) -> bool:
    """Whether msgspec takes the text for a ``kind``."""
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def segment(name: str) -> str:
    """One step of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")
