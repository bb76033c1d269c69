"""Versions of what can change: a value with the number of its last edit, and what a writer believes it to be."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Generic, TypeAlias, TypeVar

import msgspec

from kernel.errors import PreconditionFailed

T = TypeVar("T")

Tokens: TypeAlias = Mapping[str, bytes]
"""Names of entities and the generations they were in when something was made of them (`kernel.cache`)."""


def etag(body: bytes, version: int | None = None) -> str:
    """The strong tag of these bytes; what has no version, such as a list, is tagged by its hash alone."""
    digest = blake2b(body, digest_size=8).hexdigest()
    return f'"{digest}"' if version is None else f'"{version}-{digest}"'


class Versioned(msgspec.Struct, Generic[T], frozen=True):
    """A value as of one version."""

    value: T
    version: int


class IfMatch(msgspec.Struct, frozen=True):
    """The versions that a writer accepts (RFC 9110, 13.1.1); without the header, any."""

    versions: frozenset[int] | None = None

    def check(self, version: int) -> None:
        """Raise `PreconditionFailed` when the present version is not among them."""
        if self.versions is not None and version not in self.versions:
            raise PreconditionFailed
