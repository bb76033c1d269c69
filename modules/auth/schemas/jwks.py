"""A JSON Web Key Set."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of an Ed25519 key."""

    kid: UUID
    x: Annotated[str, msgspec.Meta(examples=["11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])]
    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    use: Literal["sig"] = "sig"
    alg: Literal["EdDSA"] = "EdDSA"


class JwkSet(msgspec.Struct, frozen=True, kw_only=True):
    """Every key that signs, will, or did."""

    keys: list[Jwk]
