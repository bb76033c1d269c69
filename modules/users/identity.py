"""When two e-mail addresses are the same person: NFKC, case-folded, the domain in IDNA (Unicode UTS #46)."""

import unicodedata

import idna

from kernel.errors import ValidationFailed, Violation


def identity(email: str) -> str:
    """The form that is unique; ``MIKE@x`` and full-width letters give the same one. Raises `ValidationFailed`."""
    local, _, domain = unicodedata.normalize("NFKC", email).casefold().rpartition("@")
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        message = "is not an e-mail address: its domain cannot exist"
        raise ValidationFailed([Violation("/body/email", "invalid_format", message)]) from None
