"""People whose sign-ins ask for a code."""

from types import SimpleNamespace
from typing import Any

import httpx
import pyotp
import pytest

from modules.auth.services import second_factor
from modules.auth.totp import STEP
from tests.running import PASSWORD, Person

MFA, TOTP, CONFIRM, VERIFY, CODES = (
    "/api/v1/auth/mfa",
    "/api/v1/auth/mfa/totp",
    "/api/v1/auth/mfa/totp/confirm",
    "/api/v1/auth/mfa/verify",
    "/api/v1/auth/mfa/recovery-codes",
)


class Phone:
    """An authenticator app, and the time that the server and it agree on: it only passes when a test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_800_000_000.0
        self.secret = ""
        self.recovery_codes: list[str] = []
        monkeypatch.setattr(second_factor, "time", SimpleNamespace(time=lambda: self.now))

    def code(self, *, steps: int = 0) -> str:
        """What it shows, or will show in so many steps."""
        return pyotp.TOTP(self.secret).at(int(self.now), steps)

    def next_code(self) -> str:
        """What it shows next: time passes."""
        self.now += STEP
        return self.code()

    async def enrol(self, http: httpx.AsyncClient, person: Person) -> None:
        """Scan a secret, and confirm it."""
        enrolled = await http.post(TOTP, headers=person.headers)
        assert enrolled.status_code == 201, enrolled.text
        self.secret = enrolled.json()["secret"]
        confirmed = await http.post(CONFIRM, json={"code": self.next_code()}, headers=person.headers)
        assert confirmed.status_code == 200, confirmed.text
        self.recovery_codes = confirmed.json()["recovery_codes"]


async def first_half(http: httpx.AsyncClient, person: Person) -> str:
    """The token that a right password gets."""
    answer = await http.post("/api/v1/auth/login", json={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["mfa_token"]
    return token


async def second_half(http: httpx.AsyncClient, mfa_token: str, code: str, **more: Any) -> httpx.Response:  # Any: JSON
    return await http.post(VERIFY, json={"mfa_token": mfa_token, "code": code, **more})
