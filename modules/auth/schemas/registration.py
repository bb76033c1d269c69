"""Bodies of sign-up, and of links in mails."""

from typing import Annotated, TypeAlias

import msgspec

from modules.users import Email, Name, Username

NewPassword: TypeAlias = Annotated[
    str, msgspec.Meta(min_length=10, max_length=256, examples=["correct horse battery staple"])
]


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sign-up form."""

    email: Email
    password: NewPassword
    name: Name
    username: Username | msgspec.UnsetType = msgspec.UNSET


class MailToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The token out of a link in a mail."""

    token: Annotated[str, msgspec.Meta(max_length=2000, examples=["019ab077-5d2e-7c31-8a06-1f0d3a52c9e4.q3Zx81Bd..."])]
