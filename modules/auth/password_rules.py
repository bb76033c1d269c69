"""Passwords that are guessed first."""

from collections.abc import Iterator
from functools import cache

from kernel.errors import Violation


@cache
def common_passwords() -> frozenset[str]:
    """Tens of thousands of passwords that are tried first (zxcvbn's list)."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # 12 MiB, which only those who choose passwords need

    return frozenset(FREQUENCY_LISTS["passwords"])


def password_violations(
    password: str, *, email: str, name: str, pointer: str = "/body/password"
) -> Iterator[Violation]:
    """Whether it is guessed first (NIST SP 800-63B, 5.1.1.2); no composition rules."""
    guess = password.casefold()
    yield from common_password_violations(password, pointer)
    if guess in {email.casefold(), email.casefold().partition("@")[0], name.casefold()}:
        yield Violation(pointer, "too_similar", "This is too similar to your name or e-mail address.")


def common_password_violations(password: str, pointer: str) -> Iterator[Violation]:
    """The part of it that is so whoever chooses the password."""
    if password.casefold() in common_passwords():
        yield Violation(pointer, "too_common", "This is one of the most common passwords.")
