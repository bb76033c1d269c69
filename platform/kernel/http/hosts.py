"""Which names this server answers to, so that no link and no cache key is made of a name that somebody invented."""

import re
from collections.abc import Iterable
from functools import lru_cache

from kernel.errors import InvalidHost
from kernel.http.client import is_address

AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


class Hosts:
    """A list of names; their port does not matter. In development, localhost and plain addresses too."""

    def __init__(self, names: Iterable[str], *, local: bool) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._local = local
        self._known = lru_cache(256)(self._decide)

    def check(self, given: list[bytes]) -> None:
        """Raise `InvalidHost` unless there is exactly one ``Host`` (RFC 9112, section 3.2) and it names this server."""
        if len(given) != 1 or not self._known(given[0]):
            raise InvalidHost

    def _decide(self, host: bytes) -> bool:
        match = AUTHORITY.fullmatch(host.decode("latin-1"))
        if match is None:
            return False
        name = (match[1] or match[2]).lower()
        return name in self._names or (self._local and (name == "localhost" or is_address(name)))
