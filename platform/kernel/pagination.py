"""Pages of a list: a part of it, and an opaque cursor that names its last row (keyset, never OFFSET)."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Generic, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from msgspec.json import Decoder

from kernel.bounds import EARLIEST, END, UNSTORABLE
from kernel.errors import InvalidCursor

T = TypeVar("T")
Key: TypeAlias = datetime | UUID | str | int

CHECKSUM = 6
"""Bytes that make a mistyped cursor, and one of another list, a bad one, and not another place in the list."""

LONGEST = 2048
"""The cursor after the longest address of all, whose letters take four bytes each, has less than 1,500 characters."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """A part of a list; `next_cursor` leads to the next, and is null on the last. `total` is there when asked for."""

    items: tuple[T, ...]
    next_cursor: str | None = None
    total: int | msgspec.UnsetType = msgspec.UNSET


def encode_cursor(of: str, *keys: Key) -> str:
    """The sort keys of the last row, as text that means nothing to a client, and nothing but ``of`` one list."""
    body = msgspec.json.encode(keys)
    checksum = blake2b(body, digest_size=CHECKSUM, key=of.encode()).digest()
    return urlsafe_b64encode(body + checksum).decode().rstrip("=")


def decode_cursor(text: str, of: str, *kinds: type[Key]) -> tuple[Any, ...]:  # Any: one value for each kind
    """The keys that `encode_cursor` was given; raises `InvalidCursor` for every text that it would not have made."""
    try:
        keys = decoder(kinds).decode(urlsafe_b64decode(text + "=" * (-len(text) % 4))[:-CHECKSUM])
    except (binascii.Error, msgspec.DecodeError, ValueError):
        raise InvalidCursor from None
    if len(text) > LONGEST or encode_cursor(of, *keys) != text or not all(map(plausible, keys)):
        raise InvalidCursor
    return keys


@lru_cache(64)
def decoder(kinds: tuple[type[Key], ...]) -> Decoder[tuple[Any, ...]]:  # Any: one value for each kind
    """A strict decoder of one kind of cursor."""
    return Decoder(tuple[kinds])  # type: ignore[valid-type]


def plausible(key: Key) -> bool:
    """Whether the database can compare with it."""
    match key:
        case datetime():
            return key.tzinfo is not None and EARLIEST <= key < END
        case str():
            return UNSTORABLE.search(key) is None
        case int():
            return -(2**31) <= key < 2**31
        case _:
            return True
