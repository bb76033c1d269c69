"""Versions of what can change: a value with the number of its last edit, and what a writer believes it to be."""

from collections.abc import Mapping
from typing import Generic, TypeAlias, TypeVar

import msgspec

from kernel.errors import PreconditionFailed

T = TypeVar("T")

Tokens: TypeAlias = Mapping[str, bytes]
"""Names of entities and the generations they were in when something was made of them (`kernel.cache`)."""


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
