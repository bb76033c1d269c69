"""Bodies of the second factor."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

Code: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=100,
        description="Six digits out of the app, or a recovery code; spaces and hyphens do not matter.",
        examples=["492039"],
    ),
]
MfaToken: TypeAlias = Annotated[
    str, msgspec.Meta(examples=["019ab077-5d2e-7c31-8a06-1f0d3a52c9e4.1795613400.q3Zx81Bd..."])
]
RecoveryCode: TypeAlias = Annotated[str, msgspec.Meta(examples=["kz4t-3msq-72ha-vwpe"])]


class MfaRequired(msgspec.Struct, frozen=True, kw_only=True):
    """The password is right, and not enough: `POST /mfa/verify` takes this token together with a code."""

    mfa_token: MfaToken
    expires_in: Annotated[int, msgspec.Meta(description="Seconds.", examples=[300])]
    mfa_required: Literal[True] = True


class MfaProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The second half of a sign-in. With `cookie`, the refresh token comes in a cookie."""

    mfa_token: MfaToken
    code: Code
    cookie: bool = False


class TotpCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code that shows that the app has the secret."""

    code: Code


class TotpSecret(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator app is to be given, shown once: to type, to open on the phone, or to scan."""

    secret: Annotated[str, msgspec.Meta(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])]
    otpauth_uri: Annotated[
        str,
        msgspec.Meta(
            examples=[
                "otpauth://totp/quire.example.org:ada%40example.org"
                "?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=quire.example.org"
            ]
        ),
    ]
    qr_svg: Annotated[str, msgspec.Meta(examples=['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 49 49">...'])]


class RecoveryCodes(msgspec.Struct, frozen=True, kw_only=True):
    """To be kept on paper, for when the app is lost. Each is good once, and they replace those before."""

    recovery_codes: tuple[RecoveryCode, ...]


class MfaState(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a sign-in asks for a code."""

    enabled: bool
    enabled_at: datetime | None
    recovery_codes_left: Annotated[int, msgspec.Meta(examples=[10])]
