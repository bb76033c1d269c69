"""JSON texts, without what parsers read differently: names given twice, numbers out of range, abysses of brackets."""

import re
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from kernel.errors import MalformedBody

MAX_DEPTH = 64
TOO_DEEP = f"The body is nested more than {MAX_DEPTH} levels deep."

TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
TO_SQUARE = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(body: bytes) -> object:
    """One JSON text (RFC 8259), stricter than the standard library: see `MalformedBody`."""
    try:
        value: object = DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise MalformedBody("The body is not UTF-8.") from None
    except JSONDecodeError as error:
        raise MalformedBody(f"{error.msg} (line {error.lineno}, column {error.colno}).") from None
    except RecursionError:
        raise MalformedBody(TOO_DEEP) from None
    # Every level needs a bracket, so few brackets mean few levels.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and is_deeper_than(MAX_DEPTH, body):
        raise MalformedBody(TOO_DEEP)
    return value


def is_deeper_than(levels: int, body: bytes) -> bool:
    """Whether something is left of a JSON text after that many of its innermost levels are taken away."""
    brackets = TEXT.sub(b"", body).translate(TO_SQUARE, delete=NO_BRACKETS)
    for _ in range(levels):
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are all different."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise MalformedBody("An object contains the same name twice.")
    return value


def finite(digits: str) -> float:
    """A number that a double can hold."""
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise MalformedBody("A number is too large.")
    return number


def whole(digits: str) -> int:
    """An integer that a double can hold."""
    if len(digits) > 308:
        raise MalformedBody("A number is too large.")
    return int(digits)


def no_constant(name: str) -> NoReturn:
    """``NaN`` and the infinities are Python's idea."""
    raise MalformedBody("NaN and Infinity are not JSON.")


DECODER = JSONDecoder(object_pairs_hook=unique, parse_float=finite, parse_int=whole, parse_constant=no_constant)
