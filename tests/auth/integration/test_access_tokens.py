"""Access tokens: the good one, and everything that is made to look like it."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from time import time
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.vault import Vault
from modules.auth.keys import Keyring
from modules.auth.models import SessionRow
from modules.auth.tokens import MailTokens
from tests.auth.integration.conftest import alter, disable
from tests.problems import refusal
from tests.running import People, Person
from tests.users.fakes import FakeUsers

DOOR = "/api/v1/door"
JSON: TypeAlias = dict[str, Any]  # Any: JSON


def b64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def to_sign(header: JSON, claims: JSON) -> str:
    return f"{b64(json.dumps(header).encode())}.{b64(json.dumps(claims).encode())}"


@dataclass(frozen=True)
class Mint:
    """The installation's own key, in the hands of somebody hostile."""

    key: Ed25519PrivateKey
    header: JSON
    claims: JSON

    def token(self, header: JSON | None = None, claims: JSON | None = None) -> str:
        """Signed; with a header and with claims that differ from the good ones, None for those that are missing."""
        signed = to_sign(differing(self.header, header), differing(self.claims, claims))
        return f"{signed}.{b64(self.key.sign(signed.encode()))}"


def differing(good: JSON, change: JSON | None) -> JSON:
    return {name: value for name, value in {**good, **(change or {})}.items() if value is not None}


@pytest.fixture
async def mint(settings: KernelSettings, runtime: Runtime, ada: Person) -> Mint:
    async with runtime.database.unit_of_work() as uow:
        kid, key = await Keyring(Vault(settings.secret_keys)).signing(uow)
    now = int(time())
    claims = {"iss": settings.public_url, "aud": "quire", "sub": ada.id, "sid": ada.tokens["session_id"]}
    times = {"iat": now, "exp": now + 600, "jti": str(new_id())}
    return Mint(key, {"alg": "EdDSA", "typ": "at+jwt", "kid": str(kid)}, {**claims, **times})


async def verdict(http: httpx.AsyncClient, token: str | bytes, scheme: bytes = b"Bearer") -> str:
    """Whether a token is taken; a refusal has to be the one there is."""
    credentials = scheme + b" " + (token if isinstance(token, bytes) else token.encode())
    answer = await http.get(DOOR, headers={b"Authorization": credentials})
    if answer.status_code == 200:
        return "taken"
    told = (*refusal(answer), answer.headers["WWW-Authenticate"], answer.headers["Cache-Control"])
    assert told == (401, "invalid_token", 'Bearer error="invalid_token"', "no-store")
    return "refused"


async def taken(http: httpx.AsyncClient, tokens: Mapping[str, str | bytes]) -> list[str]:
    """The names of those that should not have been."""
    return [name for name, token in tokens.items() if await verdict(http, token) == "taken"]


async def test_a_token_out_of_the_mint_is_good(http: httpx.AsyncClient, mint: Mint) -> None:
    assert await verdict(http, mint.token()) == "taken"


@pytest.mark.parametrize("scheme", [b"Bearer", b"bearer", b"BEARER", b"Bearer "])
async def test_the_scheme_may_be_written_in_any_case(http: httpx.AsyncClient, ada: Person, scheme: bytes) -> None:
    assert await verdict(http, ada.tokens["access_token"], scheme) == "taken"


async def test_a_token_of_ours_is_what_rfc_9068_asks_for(ada: Person, settings: KernelSettings) -> None:
    token = ada.tokens["access_token"]
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    assert (set(header), header["alg"], header["typ"]) == ({"alg", "typ", "kid"}, "EdDSA", "at+jwt")
    assert claims.keys() == {"iss", "aud", "sub", "sid", "iat", "exp", "jti"}
    assert (claims["iss"], claims["aud"], claims["sub"]) == (settings.public_url, "quire", ada.id)
    assert claims["exp"] - claims["iat"] == ada.tokens["expires_in"]


async def test_no_signature_but_ours_counts(http: httpx.AsyncClient, mint: Mint) -> None:
    public = mint.key.public_key()
    secrets = {
        "raw": public.public_bytes_raw(),
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "empty": b"",
    }
    tokens: dict[str, str | bytes] = {}
    for alg in ("none", "None", "NONE", "nOnE", "", "EdDSA"):
        tokens[f"unsigned {alg}"] = f"{to_sign({**mint.header, 'alg': alg}, mint.claims)}."
    for alg, digest in (("HS256", "sha256"), ("HS384", "sha384"), ("HS512", "sha512")):
        for form, secret in secrets.items():
            signed = to_sign({**mint.header, "alg": alg}, mint.claims)
            tokens[f"{alg} with the public key, {form}"] = (
                f"{signed}.{b64(hmac.digest(secret, signed.encode(), digest))}"
            )
    signed, _, signature = mint.token().rpartition(".")
    other = Ed25519PrivateKey.generate()
    tokens |= {
        "another key": f"{signed}.{b64(other.sign(signed.encode()))}",
        "blank": f"{signed}.{b64(bytes(64))}",
        "cut": f"{signed}.{signature[:-2]}",
        "without its dot": signed,
        "changed": f"{signed}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
        "of another token": f"{mint.token(claims={'jti': '7'}).rpartition('.')[0]}.{signature}",
    }
    assert await taken(http, tokens) == []


async def test_no_header_but_ours_counts(http: httpx.AsyncClient, mint: Mint) -> None:
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": b64(mint.key.public_key().public_bytes_raw())}
    changes: dict[str, JSON] = {
        "no typ": {"typ": None},
        "typ JWT": {"typ": "JWT"},
        "typ of an id token": {"typ": "id_token+jwt"},
        "typ in capitals": {"typ": "AT+JWT"},
        "no kid": {"kid": None},
        "unknown kid": {"kid": str(new_id())},
        "kid of version 4": {"kid": str(uuid4())},
        "kid is a path": {"kid": "../../../../dev/null"},
        "kid is SQL": {"kid": "' UNION SELECT 'x"},
        "kid is a number": {"kid": 1},
        "kid is a list": {"kid": [mint.header["kid"]]},
        "kid is empty": {"kid": ""},
        "kid is endless": {"kid": "0" * 1000},
        "alg of another spelling": {"alg": "eddsa"},
        "alg Ed25519": {"alg": "Ed25519"},
        "alg RS256": {"alg": "RS256"},
        "alg is a list": {"alg": ["EdDSA"]},
        "no alg": {"alg": None},
        "crit": {"crit": ["exp"]},
        "crit, empty": {"crit": []},
        "b64": {"b64": False, "crit": ["b64"]},
        "jku": {"jku": "https://evil.example/jwks.json"},
        "jwk": {"jwk": jwk},
        "x5u": {"x5u": "https://evil.example/cert.pem"},
        "x5c": {"x5c": ["AAAA"]},
        "zip": {"zip": "DEF"},
        "cty": {"cty": "JWT"},
    }
    assert await taken(http, {name: mint.token(header=change) for name, change in changes.items()}) == []


async def test_no_claims_but_ours_count(http: httpx.AsyncClient, mint: Mint, people: People, ada: Person) -> None:
    bob, now = await people.join("Bob"), mint.claims["iat"]
    changes: dict[str, JSON] = {
        **{f"no {claim}": {claim: None} for claim in mint.claims},
        **{f"empty {claim}": {claim: ""} for claim in mint.claims if claim != "jti"},
        "expired": {"exp": now - 1, "iat": now - 601},
        "expires now": {"exp": now},
        "not yet valid": {"nbf": now + 60},
        "issued in the future": {"iat": now + 60, "exp": now + 660},
        "exp is text": {"exp": "tomorrow"},
        "exp is a list": {"exp": [now + 600]},
        "another issuer": {"iss": "http://evil.test"},
        "the issuer with a slash": {"iss": f"{mint.claims['iss']}/"},
        "a list of issuers": {"iss": [mint.claims["iss"]]},
        "another audience": {"aud": "posts"},
        "a list of audiences": {"aud": ["quire"]},
        "a list with a stranger": {"aud": ["quire", "evil"]},
        "nobody": {"sub": str(new_id())},
        "somebody else": {"sub": bob.id},
        "somebody else's session": {"sid": bob.tokens["session_id"]},
        "no session": {"sid": str(new_id())},
        "sub is a number": {"sub": 1},
        "sub is a list": {"sub": [ada.id]},
        "sub is no id": {"sub": "ada"},
        "sid is no id": {"sid": "' OR 1=1"},
        "sid is a number": {"sid": 1},
    }
    assert await taken(http, {name: mint.token(claims=change) for name, change in changes.items()}) == []


async def test_nothing_else_is_an_access_token(
    http: httpx.AsyncClient, settings: KernelSettings, mint: Mint, ada: Person
) -> None:
    token = mint.token()
    header, claims, signature = token.split(".")
    tokens: dict[str, str | bytes] = {
        "refresh token": ada.tokens["refresh_token"],
        "token out of a mail": MailTokens(Vault(settings.secret_keys)).issue(new_id(), "verify_email"),
        "session": ada.tokens["session_id"],
        "nothing": "",
        "a word": "null",
        "dots": "..",
        "more dots": "." * 1500,
        "a fourth part": f"{token}.x",
        "five parts": f"{token}.x.y",
        "trailing garbage": f"{token}garbage",
        "trailing word": f"{token} x",
        "twice": f"{token}, {token}",
        "a newline": f"{token[:9]}\t{token[9:]}",
        "padding": f"{token}==",
        "padding inside": f"{header}=.{claims}.{signature}",
        "trailing signs": f"{token}!!!!",
        "signs inside": f"{header}.{claims}.{signature[:9]}!{signature[9:]}",
        "another spelling of the last bits": f"{token[:-1]}{chr(ord(token[-1]) + 1)}",
        "an array": f"{b64(b'[]')}.{claims}.{signature}",
        "claims that are an array": f"{header}.{b64(b'[]')}.{signature}",
        "claims that are deep": f"{header}.{b64(b'[' * 1000)}.{signature}",
        "no JSON": f"{b64(b'{')}.{claims}.{signature}",
        "no UTF-8": f"{b64(bytes([255]))}.{claims}.{signature}",
        "bytes": b"\xff\xfe.\xff.\xff",
        "a smile": "😀",
        "JSON serialisation": json.dumps({"protected": header, "payload": claims, "signature": signature}),
        "five megabytes": b"x" * 5_000_000,
        "five megabytes of a token": f"{header}.{'x' * 5_000_000}.{signature}",
    }
    assert await taken(http, tokens) == []


async def test_a_token_of_somebody_disabled_is_not_good(http: httpx.AsyncClient, users: FakeUsers, ada: Person) -> None:
    disable(users, ada)
    assert await verdict(http, ada.tokens["access_token"]) == "refused"


async def test_a_token_of_somebody_deleted_is_not_good(http: httpx.AsyncClient, users: FakeUsers, ada: Person) -> None:
    del users.people[UUID(ada.id)]
    assert await verdict(http, ada.tokens["access_token"]) == "refused"


@pytest.mark.parametrize("column", ["revoked_at", "expires_at", "absolute_expires_at"])
async def test_a_token_of_a_session_that_is_over_is_not_good(
    http: httpx.AsyncClient, runtime: Runtime, ada: Person, column: str
) -> None:
    await alter(runtime, SessionRow, ada.tokens["session_id"], **{column: utc_now() - timedelta(seconds=1)})
    assert await verdict(http, ada.tokens["access_token"]) == "refused"
