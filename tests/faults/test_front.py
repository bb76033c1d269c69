"""nginx in front of two instances: what it refuses, whom it believes, and what happens when one ends."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.front import BALANCER, front
from tests.faults.rig import Process, Rig, is_ready
from tests.running import PASSWORD, bearer, eventually

HOST = "quire.test"
ROOT = {"email": "root@example.org", "password": PASSWORD}
HEAD = f"Host: {HOST}\r\nConnection: close\r\n"
STOPS = int(os.environ.get("QUIRE_FAULT_STOPS", "1"))

pytestmark = pytest.mark.faults


class Behind:
    """Two instances, and the port of the nginx in front of them."""

    def __init__(self, port: int, instances: list[Process], addresses: Sequence[str]) -> None:
        self.port = port
        self.instances = instances
        self.addresses = addresses

    def client(self, **options: Any) -> httpx.AsyncClient:  # Any: of httpx
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers={"Host": HOST}, **options)

    async def say(self, request: bytes) -> httpx.Response:
        """Bytes that no client would send; what is answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        async with asyncio.timeout(10):
            status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines if line)
            body = await reader.readexactly(int(headers["Content-Length"]))
        writer.close()
        return httpx.Response(int(status.split()[1]), headers=headers, content=body)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("front")


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[Rig]:
    settings = {
        "QUIRE_PUBLIC_URL": f"http://{HOST}",
        "QUIRE_TRUSTED_PROXIES": "127.0.0.1",
        "QUIRE_HTTP_DRAIN": "6",  # longer than nginx keeps what idles
        "QUIRE_SUPERUSER_EMAIL": ROOT["email"],
        "QUIRE_SUPERUSER_PASSWORD": ROOT["password"],
    }
    with Rig(folder, **settings) as rig:
        yield rig


@pytest.fixture(scope="module")
async def behind(servers: Rig, folder: Path) -> AsyncGenerator[Behind]:
    addresses = await asyncio.gather(servers.api("--workers", "2"), servers.api())
    with front(folder / "nginx", HOST, addresses) as port:
        yield Behind(port, list(servers.started), addresses)


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:  # Any: JSON
    """What every problem document has, whoever wrote it."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"].startswith("/")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["server"] == "nginx"
    return problem


@pytest.mark.parametrize(
    ("request_head", "status", "code"),
    [
        (f"POST /api/v1/posts HTTP/1.1\r\nContent-Length: 1048577\r\n{HEAD}\r\n", 413, "payload_too_large"),
        (f"GET /{'x' * 9000} HTTP/1.1\r\n{HEAD}\r\n", 414, "uri_too_long"),
        (f"GET / HTTP/1.1\r\n{HEAD}X-Long: {'x' * 9000}\r\n\r\n", 431, "head_too_long"),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", 400, "invalid_host"),
        ("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400, "malformed"),
        (f"GET / HTTP/1.1\r\nHost: {HOST}\r\n{HEAD}\r\n", 400, "malformed"),
        (f"GET /%zz HTTP/1.1\r\n{HEAD}\r\n", 400, "malformed"),
        (f"TRACE / HTTP/1.1\r\n{HEAD}\r\n", 405, "method_not_allowed"),
    ],
)
async def test_what_never_reaches_the_api_is_answered_by_a_problem(
    behind: Behind, request_head: str, status: int, code: str
) -> None:
    problem_of(await behind.say(request_head.encode()), status, code)


async def test_what_the_api_says_passes_as_it_is(behind: Behind) -> None:
    async with behind.client() as http:
        problem = problem_of(await http.get("/nowhere", headers={"X-Request-ID": "mine"}), 404, "not_found")
        assert (problem["instance"], problem["request_id"]) == ("/nowhere", "mine")
        kept = await http.post("/api/v1/auth/login", json={**ROOT, "password": "x" * 1_048_000})
        assert kept.json()["code"] == "validation_failed"


async def test_the_audit_log_has_the_address_of_the_client_and_not_what_it_claims(behind: Behind) -> None:
    elsewhere = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
    async with behind.client(transport=elsewhere) as http:
        claims = dict.fromkeys(("X-Forwarded-For", "X-Real-IP"), "198.51.100.7") | {"Forwarded": "for=198.51.100.7"}
        tokens = (await http.post("/api/v1/auth/login", json=ROOT, headers=claims)).json()
        signed_in = bearer(tokens["access_token"])
        made = await http.post(
            "/api/v1/users/roles", json={"name": "made", "permissions": []}, headers=signed_in | claims
        )
        assert made.status_code == 201
        (entry,) = (await http.get("/api/v1/users/audit-log", headers=signed_in)).json()["items"]
        sessions = (await http.get("/api/v1/auth/sessions", headers=signed_in)).json()["items"]
    (session,) = (each for each in sessions if each["current"])
    assert entry["ip"] == session["ip"] == "127.0.0.2"


async def test_a_balancer_that_ends_tls_says_whom_it_speaks_for(behind: Behind) -> None:
    balancer = httpx.AsyncHTTPTransport(local_address=BALANCER)
    async with behind.client(transport=balancer) as http:
        passed_on = {"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}  # the first is what its client claimed
        tokens = (await http.post("/api/v1/auth/login", json=ROOT, headers=passed_on)).json()
        signed_in = bearer(tokens["access_token"])
        sessions = (await http.get("/api/v1/auth/sessions", headers=signed_in)).json()["items"]
    assert [session["ip"] for session in sessions if session["current"]] == ["203.0.113.5"]


async def test_a_stream_is_passed_on_as_it_comes(behind: Behind) -> None:
    async with behind.client() as http:
        tokens = (await http.post("/api/v1/auth/login", json=ROOT)).json()
        signed_in = bearer(tokens["access_token"])
        async with asyncio.timeout(5), http.stream("GET", "/api/v1/notifications/stream", headers=signed_in) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert await anext(stream.aiter_bytes())


async def test_nobody_notices_that_an_instance_is_told_to_stop(behind: Behind) -> None:
    answers: Counter[int] = Counter()
    over = asyncio.Event()
    async with behind.client(timeout=30) as http:
        tokens = (await http.post("/api/v1/auth/login", json=ROOT)).json()
        signed_in = bearer(tokens["access_token"])

        async def read() -> None:
            while not over.is_set():
                answers[(await http.get("/api/v1/posts")).status_code] += 1

        async def write() -> None:
            while not over.is_set():
                post = {"title": "T", "body": "x", "status": "published"}
                answers[(await http.post("/api/v1/posts", json=post, headers=signed_in)).status_code] += 1

        living = [asyncio.create_task(act()) for act in (read, read, write, write)]
        for number in range(STOPS):
            instance, address = behind.instances[number % 2], behind.addresses[number % 2]
            await asyncio.to_thread(instance.end, signal.SIGTERM)
            instance.start()
            await is_ready(address)
        over.set()
        await asyncio.gather(*living)
    print(f"{STOPS} instances stopped and started under load: {dict(answers)}")
    assert answers.keys() == {200, 201}


async def test_no_reader_notices_that_one_instance_after_the_other_is_killed_and_without_any_it_is_said(
    behind: Behind,
) -> None:
    answers: list[int] = []
    over = asyncio.Event()

    async def read(http: httpx.AsyncClient) -> None:
        while not over.is_set():
            answers.append((await http.get("/api/v1/posts")).status_code)

    async def more(count: int) -> None:
        enough = len(answers) + count

        await eventually(lambda: len(answers) >= enough, 20)

    async with behind.client(timeout=30) as http:  # what is sent to an instance that is starting waits until it has
        reading = [asyncio.create_task(read(http)) for _ in range(4)]
        for instance, address in zip(behind.instances, behind.addresses, strict=True):
            await more(40)
            instance.end()
            await more(100)
            instance.start()
            await is_ready(address)
        over.set()
        await asyncio.gather(*reading)
        assert set(answers) == {200}
        for instance in behind.instances:
            instance.end()
        for path in ("/api/v1/posts", '/a"b'):
            answer = await http.get(path)
            problem_of(answer, 502, "bad_gateway")
            assert answer.headers["retry-after"] == "1"
