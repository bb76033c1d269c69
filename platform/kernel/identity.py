"""When two e-mail addresses are the same person: NFKC, case-folded, the domain in IDNA (Unicode UTS #46)."""

import re
from collections.abc import Iterator
from unicodedata import normalize

import idna

from kernel.errors import ValidationFailed, Violation

# What only a quoted local part may have (RFC 5321, 4.1.2), and encoded words, which mail programs decode (RFC 2047):
# each would be a second way to write somebody's address.
SPECIAL = re.compile(r'[\s"(),:;<>@\[\\\]]|=\?.*\?=')
LONGEST = 700


def identity(email: str, pointer: str = "/body/email") -> str:
    """The form that is unique; ``MIKE@x`` and full-width letters give the same one. Raises `ValidationFailed`."""
    local, _, domain = normalize("NFKC", normalize("NFKC", email).casefold()).rpartition("@")
    try:
        host = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        host = ""
    if not host or host.endswith(".") or not local.isprintable() or SPECIAL.search(local) or len(local) > LONGEST:
        raise ValidationFailed([Violation(pointer, "invalid_format", "Mail cannot be sent to this address.")])
    return f"{local}@{host}"


def unreachable(email: str, pointer: str) -> Iterator[Violation]:
    """What keeps text that looks like an address from being one."""
    try:
        identity(email, pointer)
    except ValidationFailed as error:
        yield from error.violations
