"""The kinds of token: signed ones, those that are derived by the secret key, and personal ones, stored as a hash."""

import re
import time
from binascii import crc32
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import choice
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any
from uuid import UUID

import jwt
import msgspec

from kernel.db import new_id
from kernel.errors import InvalidToken
from kernel.reads import Reader
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault
from modules.auth.keys import Keyring

ALGORITHM = "EdDSA"
AUDIENCE = "quire"
LEEWAY = 5
"""Seconds that the clocks of two instances may differ; an expiry is judged without it."""
LONGEST = 2_000
JWS = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{85}[AQgw]")
"""The one spelling of a token that Ed25519 has signed; decoders of Base64 skip what they do not know."""
REQUIRED = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]
UUID_TEXT = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
REFRESH_TOKEN = re.compile(rf"({UUID_TEXT})\.([1-9][0-9]{{0,8}})\.([A-Za-z0-9_-]{{43}})", re.ASCII)
MFA_TOKEN = re.compile(rf"({UUID_TEXT})\.([1-9][0-9]{{9,10}})\.([A-Za-z0-9_-]{{43}})", re.ASCII)
PERSONAL = "qpat_"
PERSONAL_TOKEN = re.compile(rf"{PERSONAL}([0-9A-Za-z]{{30}})([0-9A-Za-z]{{6}})")
BASE62 = digits + ascii_uppercase + ascii_lowercase
MAIL_TOKEN = re.compile(rf"({UUID_TEXT})\.([A-Za-z0-9_-]{{43}})", re.ASCII)


class AccessClaims(msgspec.Struct, frozen=True):
    """Whose token it is, and which sign-in it belongs to."""

    user_id: UUID
    session_id: UUID
    key_id: UUID
    expires_at: float
    """In seconds since 1970."""


class AccessTokens:
    """JWTs after RFC 9068: one algorithm, a type of their own, keys chosen from ours alone (RFC 8725)."""

    def __init__(self, keyring: Keyring, *, issuer: str, ttl: timedelta) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self.ttl = ttl

    async def issue(
        self, user_id: UUID, session_id: UUID, now: datetime, uow: UnitOfWork, *, ttl: timedelta | None = None
    ) -> str:
        """A signed token for ``ttl``, or for as long as all of them last."""
        kid, key = await self._keyring.signing(uow)
        payload = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": now,
            "exp": now + (self.ttl if ttl is None else ttl),
            "jti": str(new_id()),
        }
        return jwt.encode(payload, key, ALGORITHM, headers={"kid": str(kid), "typ": "at+jwt"})

    async def read(self, token: str, reader: Reader) -> AccessClaims:
        """The claims of a token of ours that has not expired; raises `InvalidToken` for all else."""
        if len(token) > LONGEST or JWS.fullmatch(token) is None:
            raise InvalidToken
        try:
            header: dict[str, Any] = jwt.get_unverified_header(token)  # Any: JSON
            if header.keys() != {"alg", "kid", "typ"} or (header["alg"], header["typ"]) != (ALGORITHM, "at+jwt"):
                raise InvalidToken
            key_id = UUID(header["kid"])
            key = await self._keyring.verifying(key_id, reader)
            if key is None:
                raise InvalidToken
            claims: dict[str, Any] = jwt.decode(  # Any: JSON
                token,
                key,
                [ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": REQUIRED, "strict_aud": True},
            )
            return AccessClaims(UUID(claims["sub"]), UUID(claims["sid"]), key_id, claims["exp"])
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidToken from error

    async def still_trusts(self, key_id: UUID, reader: Reader) -> bool:
        """Whether a key that was ours some seconds ago still is."""
        await self._keyring.keep_up(reader)
        return self._keyring.knows(key_id)


class RefreshTokens:
    """``session.generation.mac``: nothing to store, and a lost answer can be given again word for word."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, session_id: UUID, generation: int) -> str:
        """The token of one generation of a session; always the same one."""
        message = f"{session_id}.{generation}"
        return f"{message}.{self._vault.sign('refresh token', message)}"

    def read(self, token: str) -> tuple[UUID, int] | None:
        """Session and generation, or nothing if it is not ours."""
        match = REFRESH_TOKEN.fullmatch(token)
        if match is None or not self._vault.verify("refresh token", f"{match[1]}.{match[2]}", match[3]):
            return None
        return UUID(match[1]), int(match[2])


class MailTokens:
    """``mail.mac``: made when a mail is written, so that none is in the outbox, in Redis, in a log or in a dump."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, mail_id: UUID, purpose: str) -> str:
        """The token of one mail, for one purpose; always the same one."""
        return f"{mail_id}.{self._vault.sign(f'mail {purpose}', str(mail_id))}"

    def read(self, token: str, purpose: str) -> UUID | None:
        """The mail it came with, or nothing if it is not ours."""
        match = MAIL_TOKEN.fullmatch(token)
        if match is None or not self._vault.verify(f"mail {purpose}", match[1], match[2]):
            return None
        return UUID(match[1])


class MfaTokens:
    """``user.expiry.mac``: half a sign-in, which ends with the password that it was begun with, and opens nothing."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, user_id: UUID, password_hash: str, expires_at: float) -> str:
        """The token of somebody whose password was right."""
        message = f"{user_id}.{round(expires_at)}"
        return f"{message}.{self._vault.sign('mfa token', f'{message}.{password_hash}')}"

    def subject(self, token: str) -> UUID | None:
        """Whose it says it is, or nothing if it cannot be ours, or not any more."""
        match = MFA_TOKEN.fullmatch(token)
        return None if match is None or int(match[2]) <= time.time() else UUID(match[1])

    def verify(self, token: str, password_hash: str) -> bool:
        """Whether it is ours, and the password is still the same."""
        message, _, mac = token.rpartition(".")
        return self._vault.verify("mfa token", f"{message}.{password_hash}", mac)


def new_personal_token() -> str:
    """178 bits that scanners of code know by their prefix and checksum, as they know those of GitHub."""
    secret = "".join(choice(BASE62) for _ in range(30))
    return f"{PERSONAL}{secret}{checksum(secret)}"


def personal_hash(token: str) -> str | None:
    """What is stored of a personal token; nothing for what cannot be one, so that nobody has to look for it."""
    match = PERSONAL_TOKEN.fullmatch(token)
    return None if match is None or checksum(match[1]) != match[2] else sha256(token.encode()).hexdigest()


def checksum(secret: str) -> str:
    """CRC-32 in base 62: six characters."""
    left, text = crc32(secret.encode()), ""
    for _ in range(6):
        left, place = divmod(left, 62)
        text = BASE62[place] + text
    return text
