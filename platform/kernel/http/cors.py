"""Which origins a browser lets read our answers (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from collections.abc import Sequence
from typing import TypeAlias

LOOPBACK = re.compile(r"https?://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?")

EXPOSED = b"ETag, Link, Location, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
ACCEPTED = (
    b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, "
    b"Last-Event-ID, X-Request-ID, X-Requested-With"
)

Headers: TypeAlias = list[tuple[bytes, bytes]]


class Cors:
    """A list of origins, compared whole: no wildcard, suffix or ``null``. In development, loopback on any port too."""

    def __init__(self, origins: Sequence[str], *, loopback: bool) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._loopback = loopback
        self.active = loopback or bool(origins)

    def allows(self, origin: bytes) -> bool:
        """Whether pages of this origin may read answers."""
        return origin in self._origins or (self._loopback and LOOPBACK.fullmatch(origin.decode("latin-1")) is not None)

    def headers(self, origin: bytes | None) -> Headers:
        """For any answer. ``Vary`` is there without an origin too, or a cache would serve that answer to one."""
        if not self.active:
            return []
        if origin is None or not self.allows(origin):
            return [(b"vary", b"Origin")]
        return [
            (b"vary", b"Origin"),
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", EXPOSED),
        ]

    def preflight(self, origin: bytes | None, methods: str) -> Headers:
        """For OPTIONS, beside `headers`: what the actual request may be like."""
        if origin is None or not self.active or not self.allows(origin):
            return []
        return [
            (b"access-control-allow-methods", methods.encode()),
            (b"access-control-allow-headers", ACCEPTED),
            (b"access-control-max-age", b"600"),
        ]
