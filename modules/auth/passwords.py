"""Passwords: every character counts, hashing has a bounded pool, and nobody learns whether an account exists."""

import asyncio
import hmac
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from kernel.errors import Overloaded
from modules.auth.settings import AuthSettings

# Public on purpose: no secret key is part of a hash, so that a restore or a new key invalidates no password.
PREHASH_KEY = b"quire password prehash 1"

R = TypeVar("R")


def prehash(password: str) -> bytes:
    """44 bytes that depend on every character: bcrypt itself refuses more than 72 bytes and NUL."""
    return b64encode(hmac.digest(PREHASH_KEY, password.encode("utf-8", "surrogatepass"), "sha256"))


class Passwords:
    """Hashes and compares in threads of its own, since one hash costs a core some tenths of a second."""

    def __init__(self, settings: AuthSettings) -> None:
        self._rounds = settings.bcrypt_rounds
        self._limit = settings.hash_threads + settings.hash_queue
        self._waiting = 0
        self._pool = ThreadPoolExecutor(settings.hash_threads, thread_name_prefix="bcrypt")
        self._nobody = bcrypt.hashpw(prehash(""), bcrypt.gensalt(self._rounds))

    async def hash(self, password: str) -> str:
        """A bcrypt hash of the configured cost; raises `Overloaded`."""
        return (await self._run(bcrypt.hashpw, prehash(password), bcrypt.gensalt(self._rounds))).decode()

    async def verify(self, password: str, stored: str | None) -> bool:
        """Whether they match, after the work of one hash, also without a stored one; raises `Overloaded`."""
        hashed = self._nobody if stored is None else stored.encode()
        return await self._run(self._check, prehash(password), hashed) and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether a hash was made at another cost than the one of now."""
        return cost_of(stored.encode()) != self._rounds

    def _check(self, password: bytes, hashed: bytes) -> bool:
        """What an old hash is cheaper is made up for, or it would tell that there is an account (CVE-2016-2513)."""
        matches = bcrypt.checkpw(password, hashed)
        for cost in range(cost_of(hashed), self._rounds):  # 2^c + 2^c + 2^(c+1) + ... = 2^rounds
            bcrypt.hashpw(password, bcrypt.gensalt(cost))
        return matches

    async def _run(self, function: Callable[[bytes, bytes], R], one: bytes, other: bytes) -> R:
        if self._waiting >= self._limit:
            raise Overloaded
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, one, other)
        finally:
            self._waiting -= 1


def cost_of(hashed: bytes) -> int:
    """The number in ``$2b$12$...``."""
    return int(hashed[4:6])
