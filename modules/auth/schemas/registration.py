"""Bodies of sign-up, and of links in mails."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeAlias

import msgspec

from kernel.errors import Violation
from kernel.identity import unreachable
from modules.auth.password_rules import password_violations
from modules.users import Email, Name, Username

NewPassword: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=10, max_length=256, examples=["correct horse battery staple"])
]


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign-up form."""

    email: Email
    password: NewPassword
    name: Name
    username: Username | None = None

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """An address to which no mail can be sent, and a password that is guessed first."""
        email, name = given.get("email", ""), given.get("name", "")
        if "email" in given:
            yield from unreachable(email, f"{pointer}/email")
        if "password" in given:
            yield from password_violations(given["password"], email=email, name=name, pointer=f"{pointer}/password")


class MailToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token out of a link in a mail."""

    token: Annotated[str, msgspec.Meta(examples=["019ab077-5d2e-7c31-8a06-1f0d3a52c9e4.q3Zx81Bd..."])]
