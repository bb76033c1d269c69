"""Bodies about passwords and addresses."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from kernel.errors import Violation
from modules.auth.password_rules import common_password_violations
from modules.auth.schemas.registration import NewPassword
from modules.users import Email

Password: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=1, max_length=2000, examples=["correct horse battery staple"])
]
"""One that exists; what is too long for it is simply wrong, not invalid."""


class Address(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To whom a mail may go."""

    email: Email


class ResetPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token out of a mail, and the password from now on."""

    token: Annotated[str, msgspec.Meta(examples=["019ab077-5d2e-7c31-8a06-1f0d3a52c9e4.q3Zx81Bd..."])]
    password: NewPassword

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """A password that is guessed first, whoever has it."""
        if "password" in given:
            yield from common_password_violations(given["password"], f"{pointer}/password")


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The password until now, and from now on."""

    current_password: Password
    new_password: NewPassword

    @classmethod
    def broken_rules(cls, given: Mapping[str, Any], pointer: str) -> Iterator[Violation]:  # Any: of the fields' types
        """A password that is guessed first, whoever has it."""
        if "new_password" in given:
            yield from common_password_violations(given["new_password"], f"{pointer}/new_password")


class NewAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the caller wants to be reached."""

    new_email: Email


class Accepted(msgspec.Struct, frozen=True):
    """It will be done, if there is something to do."""

    status: Literal["accepted"] = "accepted"
