"""Secrets derived from ``QUIRE_SECRET_KEY``: what is stored is encrypted, what is handed out is signed.

Every use has a key of its own (HKDF, RFC 5869). While keys rotate, the first one writes and all of them read.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(secret: str, use: str) -> bytes:
    """A 256-bit key for one use."""
    return HKDF(SHA256(), length=32, salt=None, info=f"quire {use}".encode()).derive(secret.encode())


class Vault:
    """Encrypts and signs for every module; values are bound to the purpose they were made for."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        self._secrets = tuple(secret_keys)
        fernets = [Fernet(urlsafe_b64encode(derive(secret, "at rest"))) for secret in secret_keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)
        self._keys: dict[str, tuple[bytes, ...]] = {}

    def encrypt(self, plain: bytes) -> bytes:
        """For a column of the database."""
        return self._fernet.encrypt(plain)

    def decrypt(self, stored: bytes) -> bytes:
        """The inverse of `encrypt`; raises `cryptography.fernet.InvalidToken` when no key fits."""
        return self._fernet.decrypt(stored)

    @property
    def is_rotating(self) -> bool:
        """Whether there is an older key, which has encrypted something, perhaps."""
        return len(self._secrets) > 1

    def renewed(self, stored: bytes) -> bytes | None:
        """The same value, encrypted by the newest key; nothing where it is already, or where no key fits."""
        with suppress(InvalidToken):
            self._newest.decrypt(stored)
            return None
        with suppress(InvalidToken):
            return self._fernet.rotate(stored)
        return None

    def sign(self, purpose: str, message: str) -> str:
        """A 256-bit MAC (HMAC-SHA-256), URL-safe; the same message has the same one until the key changes."""
        return self._mac(self._purpose(purpose)[0], message)

    def verify(self, purpose: str, message: str, mac: str) -> bool:
        """Whether ``mac`` was made by `sign`, in constant time."""
        given = mac.encode(errors="replace")
        return any(hmac.compare_digest(self._mac(key, message).encode(), given) for key in self._purpose(purpose))

    def _purpose(self, purpose: str) -> tuple[bytes, ...]:
        if purpose not in self._keys:
            self._keys[purpose] = tuple(derive(secret, f"sign {purpose}") for secret in self._secrets)
        return self._keys[purpose]

    @staticmethod
    def _mac(key: bytes, message: str) -> str:
        return urlsafe_b64encode(hmac.digest(key, message.encode(), "sha256")).rstrip(b"=").decode()
