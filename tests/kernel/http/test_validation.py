"""The walk that lists every violation, against msgspec, which knows only whether there is one."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta, inspect

from kernel.errors import Violation
from kernel.http.decoding import is_simple
from kernel.http.validation import violations


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Cat(msgspec.Struct, tag="cat", forbid_unknown_fields=True):
    lives: Annotated[int, Meta(ge=1, le=9)]


class Dog(msgspec.Struct, tag="dog", forbid_unknown_fields=True):
    name: str


class Renamed(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    first_name: str
    last_name: str | None = None


KINDS: list[Any] = [
    None,
    Any,
    bool,
    int,
    Annotated[int, Meta(gt=0, lt=5)],
    Annotated[int, Meta(multiple_of=3)],
    float,
    Annotated[float, Meta(ge=-1.5, le=1.5)],
    str,
    Annotated[str, Meta(min_length=2, max_length=3)],
    Annotated[str, Meta(pattern="^[a-z]+$", description="Small letters.")],
    datetime,
    Annotated[datetime, Meta(tz=True)],
    date,
    timedelta,
    bytes,
    UUID,
    Colour,
    Literal["red", 7],
    int | None,
    str | int,
    str | list[int] | None,
    list[int],
    Annotated[list[bool], Meta(min_length=1, max_length=2)],
    tuple[str, ...],
    set[str],
    frozenset[int],
    dict[str, int],
    Annotated[dict[str, str], Meta(max_length=1)],
    dict[Literal["a", "b"], bool],
    dict[str, Any],
    Cat,
    Cat | Dog,
    Cat | Dog | None,
    Renamed,
    list[Renamed],
]

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    3,
    7,
    -1,
    2**63,
    -(2**63) - 1,
    10**40,
    0.0,
    1.0,
    1.5,
    -2.5,
    1e300,
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "A",
    "ab\n",
    "red",
    "1",
    "1.5",
    "a\x00",
    "\ud800",
    "😀",
    "YWI=",
    "PT1H",
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-01-31T12:00:00Z",
    "1026-01-31T12:00:00Z",
    "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
    "0192F0C1-9A3E-7CC0-8F5E-3F1F5A0D7B11",
    [],
    [1],
    [1, 2, 3],
    [True, False],
    ["a", 1],
    ["a\x00"],
    [[1]],
    [{"firstName": "Ada"}, {}],
    {},
    {"a": 1},
    {"a": True, "b": False},
    {"a": "b", "c": "d"},
    {"a": {"\x00": 1}},
    {"a": ["\ud800"]},
    {"type": "cat", "lives": 9},
    {"type": "cat", "lives": 10},
    {"type": "dog", "name": "Rex"},
    {"type": "dog", "lives": 9},
    {"type": "cow"},
    {"lives": 9},
    {"firstName": "Ada", "lastName": None},
    {"firstName": 1, "last_name": 2},
]


def converts(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, str_keys=True)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_has_no_violation_converts_and_what_does_not_convert_has_one(kind: Any) -> None:
    info = inspect.type_info(kind)
    for value in VALUES:
        found = list(violations(value, info, "/body"))
        assert found or converts(value, kind), (kind, value)
        assert all(each.pointer.startswith("/body") and each.code and each.message for each in found)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_msgspec_alone_is_trusted_only_where_it_is_as_strict(kind: Any) -> None:
    info = inspect.type_info(kind)
    suspect = ("\\ud800", "\\x00", "ab\\n")  # sent the long way because of their bytes
    harmless = [value for value in VALUES if not any(each in repr(value) for each in suspect)]
    for value in harmless if is_simple(info) else []:
        assert converts(value, kind) == (not list(violations(value, info, "/body"))), (kind, value)


def found_in(value: Any, kind: Any) -> dict[str, str]:
    return {each.pointer: each.code for each in violations(value, inspect.type_info(kind), "/body")}


class Pair(msgspec.Struct, forbid_unknown_fields=True):
    low: Annotated[int, Meta(ge=0, le=9)]
    high: Annotated[int, Meta(ge=0, le=9)] = 9

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:
        if given.get("low", 0) > given.get("high", 9):
            yield Violation(f"{pointer}/low", "too_large", "Expected no more than `high`.")


def test_rules_that_no_schema_can_express_hold_for_the_fields_that_are_right() -> None:
    assert not is_simple(inspect.type_info(Pair))
    assert found_in({"low": 3, "high": 2}, Pair) == {"/body/low": "too_large"}
    assert found_in({"low": 3, "high": 2, "x": 1}, Pair) == {"/body/low": "too_large", "/body/x": "unknown_field"}
    assert found_in({"low": 3, "high": "2"}, Pair) == {"/body/high": "invalid_type"}
    assert found_in({"low": 2, "high": 2}, Pair) == found_in({"low": 9}, Pair) == {}


def test_of_a_union_the_nearest_type_speaks() -> None:
    assert found_in({"type": "cat", "lives": 0, "x": 1}, Cat | Dog) == {
        "/body/lives": "too_small",
        "/body/x": "unknown_field",
    }
    assert found_in({"type": "dog"}, Cat | Dog) == {"/body/name": "required"}
    assert found_in(["x"], str | list[int] | None) == {"/body/0": "invalid_type"}
    assert found_in(1, str | None) == {"/body": "invalid_type"}


def test_fields_are_named_as_on_the_wire() -> None:
    assert found_in({"first_name": "Ada"}, Renamed) == {
        "/body/firstName": "required",
        "/body/first_name": "unknown_field",
    }


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_messages_never_repeat_a_value(kind: Any) -> None:
    found = violations("hunter2", inspect.type_info(kind), "/body")
    assert not any("hunter2" in each.message + each.pointer for each in found)
