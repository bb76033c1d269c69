"""The edge on a real server, byte by byte: what a well-behaved client never sends."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import pytest
import structlog
import uvicorn
from litestar import get, post
from litestar.params import JSONBody
from litestar.response import Stream

from kernel.http import protocol
from kernel.http.buffering import BodyBuffer
from kernel.http.protocol import MAX_HEAD, ProblemProtocol, ProxiedProtocol
from tests.kernel.http.apps import application

HOST = b"Host: quire.example\r\n"
LAST = b"Connection: close\r\n\r\n"


@get("/plain")
async def plain() -> dict[str, str]:
    return {"a": "b"}


@get("/stream")
async def stream() -> Stream:
    async def forever() -> AsyncGenerator[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.01)

    return Stream(forever(), media_type="text/event-stream")


@post("/posts")
async def create(data: JSONBody[dict[str, str]]) -> dict[str, str]:
    return data


@pytest.fixture(scope="module")
async def port() -> AsyncGenerator[int]:
    app = application(plain, stream, create)
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=ProblemProtocol, ws="none", log_config=None))
    running = asyncio.create_task(server._serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await running


async def exchange(port: int, sent: bytes) -> bytes:
    """All that the server says until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    async with asyncio.timeout(5):
        received = await reader.read(-1)
    writer.close()
    return received


class Pieces(asyncio.Transport):
    """Keeps what is sent, piece by piece."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.sent: list[bytes] = []

    def __getattr__(self, name: str) -> Any:  # Any: of the transport
        return getattr(self._transport, name)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))
        self._transport.write(data)

    def close(self) -> None:
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # Any: as asyncio declares it
        return self._transport.get_extra_info(name, default)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[Pieces]:
    """Of every connection from now on."""
    made: list[Pieces] = []
    connect = ProblemProtocol.connection_made

    def watch(protocol: ProblemProtocol, transport: asyncio.Transport) -> None:
        made.append(Pieces(transport))
        connect(protocol, made[-1])

    monkeypatch.setattr(ProblemProtocol, "connection_made", watch)
    return made


@pytest.mark.parametrize("request_line", [b"GET /plain", b"HEAD /plain", b"GET /nowhere", b"OPTIONS /plain", b"?"])
async def test_an_answer_is_sent_in_one_piece(port: int, pieces: list[Pieces], request_line: bytes) -> None:
    received = await exchange(port, request_line + b" HTTP/1.1\r\n" + HOST + LAST)
    (connection,) = pieces
    assert [piece for piece in connection.sent if piece] == [received]


async def test_a_stream_is_sent_as_it_comes(port: int, pieces: list[Pieces]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\n")
    await reader.readuntil(b"tick")
    writer.transport.abort()
    (connection,) = pieces
    assert connection.sent[0].endswith(b"\r\n\r\n")
    assert b"tick" in connection.sent[1]


async def hang_up(port: int, sent: bytes) -> None:
    """Send, and leave without waiting for an answer."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.transport.abort()
    await asyncio.sleep(0.05)


def answers(received: bytes) -> list[tuple[int, bytes]]:
    """Status and rest of each answer."""
    parts = received.split(b"HTTP/1.1 ")[1:]
    return [(int(part[:3]), part) for part in parts]


@pytest.mark.parametrize("path", [b"/plain", b"/stream", b"/nowhere"])
async def test_a_connection_goes_on_after_head(port: int, path: bytes) -> None:
    requests = b"HEAD " + path + b" HTTP/1.1\r\n" + HOST + b"\r\nGET /plain HTTP/1.1\r\n" + HOST + LAST
    received = await exchange(port, requests)
    (first, head), (second, body) = answers(received)
    assert (first, second) == (404 if path == b"/nowhere" else 200, 200)
    assert head.endswith(b"\r\n\r\n")
    assert body.endswith(b'{"a":"b"}')


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET /plain HTTP/1.1\r\n" + LAST,
        b"GET /plain HTTP/1.0\r\n\r\n",
        b"GET /plain HTTP/1.1\r\n" + HOST + HOST + LAST,
        b"GET /plain HTTP/1.1\r\n" + HOST + b"Host: evil.example\r\n" + LAST,
        b"BREW /plain HTTP/1.1\r\n" + HOST + LAST,
        b"CONNECT evil.example:80 HTTP/1.1\r\n" + HOST + LAST,
        b"GET /\xc3\xa9 HTTP/1.1\r\n" + HOST + LAST,
        b"GET /plain\r\n\r\n",
        b"POST /posts HTTP/1.1\r\nContent-Length: -1\r\n" + HOST + LAST,
        b"POST /posts HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n" + HOST + LAST,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"\x00" * 100,
    ],
)
async def test_what_is_no_proper_request_gets_a_400_problem(port: int, request_head: bytes) -> None:
    ((status, answer),) = answers(await exchange(port, request_head))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status == 400
    assert b"content-type: application/problem+json" in head
    problem = json.loads(body)
    assert problem["status"] == 400
    assert f"x-request-id: {problem['request_id']}".encode() in head


async def drip(port: int, sent: bytes, drops: bytes, pause: float = 0.02) -> tuple[bytes, int]:
    """All that the server says to one who keeps talking until it hangs up, and how much one could say."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    answer = bytearray()

    async def listen() -> None:
        with suppress(ConnectionError):
            while part := await reader.read(65536):
                answer.extend(part)

    listening = asyncio.create_task(listen())
    said = 0
    async with asyncio.timeout(5):
        while not listening.done():
            writer.write(drops)
            said += len(drops)
            await asyncio.sleep(pause)
    writer.transport.abort()
    return bytes(answer), said


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"GET /plain?", b"uri_too_long"),
        (b"GET /plain HTTP/1.1\r\n" + HOST + b"X-Endless: ", b"head_too_long"),
        (b"GET /plain HTTP/1.1\r\n" + HOST + b"X", b"head_too_long"),
    ],
)
async def test_a_head_without_end_is_refused_before_it_fills_the_memory(port: int, head: bytes, code: bytes) -> None:
    answer, said = await drip(port, head, b"x" * 8192, pause=0.01)
    assert code in answer
    assert said < 4 * MAX_HEAD


async def test_headers_that_are_too_many_are_refused(port: int) -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (n, b"x" * 1000) for n in range(70))
    ((status, answer),) = answers(await exchange(port, b"GET /plain HTTP/1.1\r\n" + HOST + fields + LAST))
    assert status == 431
    assert answer.startswith(b"431 Request Header Fields Too Large")
    assert b'"code":"head_too_long"' in answer


@pytest.mark.parametrize(
    ("head", "statuses"),
    [(b"GET /plain HTTP/1.1\r\nX-Slow: ", [408]), (b"GET /plain HTTP/1.1\r\n" + HOST + b"\r\nG", [200, 408])],
)
async def test_a_head_that_comes_too_slowly_is_refused(
    port: int, monkeypatch: pytest.MonkeyPatch, head: bytes, statuses: list[int]
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    answer, _ = await drip(port, head, b"x" if statuses == [408] else b"")
    assert [status for status, _ in answers(answer)] == statuses


async def test_who_connects_and_says_nothing_is_not_kept(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    assert await exchange(port, b"") == b""
    assert await exchange(port, b"\r\n") == b""


async def test_patience_is_for_heads_not_for_idle_connections_or_long_answers(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(5):
        for _ in range(2):
            writer.write(b"GET /plain HTTP/1.1\r\n" + HOST + b"\r\n")
            assert b'{"a":"b"}' in await reader.readuntil(b"}")
            await asyncio.sleep(0.3)
        writer.write(b"GET /stream HTTP/1.1\r\n" + HOST + b"\r\nG")
        await asyncio.sleep(0.3)
        assert await reader.readuntil(b"tick")
        assert await reader.readuntil(b"tick")
    writer.transport.abort()


async def test_a_body_that_comes_too_slowly_is_refused(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BodyBuffer, "complete", BodyBuffer(patience=0.2).complete)
    head = b"POST /posts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n" + HOST + b"\r\n"
    ((status, answer),) = answers((await drip(port, head, b" "))[0])
    assert status == 408
    assert b'"code":"request_timeout"' in answer
    assert b"connection: close" in answer.lower()


async def test_what_comes_after_a_refusal_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", 0.2)
    head = b"POST /posts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n" + HOST + b"\r\n"
    answer, _ = await drip(port, head, b" ")
    assert [status for status, _ in answers(answer)] == [413]


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(port: int, announced: bool) -> None:
    head = b"POST /posts HTTP/1.1\r\nContent-Type: application/json\r\nConnection: close\r\n" + HOST
    rest = b"Content-Length: 9000000\r\n\r\n" if announced else b"Transfer-Encoding: chunked\r\n\r\n"
    body = b"x" * 1000 if announced else (b"10000\r\n" + b"x" * 65536 + b"\r\n") * 17
    ((status, _),) = answers(await exchange(port, head + rest + body))
    assert status == 413


async def test_a_caller_who_hangs_up_is_no_failure_of_ours(port: int) -> None:
    with structlog.testing.capture_logs() as logged:
        head = b"POST /posts HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 99\r\n" + HOST + b"\r\n{"
        await hang_up(port, head)
        await hang_up(port, b"GET /stream HTTP/1.1\r\n" + HOST + LAST)
    assert logged == []


@pytest.mark.parametrize("kind", [ProblemProtocol, ProxiedProtocol])
async def test_behind_a_proxy_an_idle_connection_takes_one_more_request_when_the_server_stops(
    monkeypatch: pytest.MonkeyPatch, kind: type[ProblemProtocol]
) -> None:
    monkeypatch.setattr(protocol, "LINGER", 0.5)
    request = b"GET /plain HTTP/1.1\r\n" + HOST + b"\r\n"
    server = uvicorn.Server(uvicorn.Config(application(plain), port=0, http=kind, ws="none", log_config=None))
    running = asyncio.create_task(server._serve())
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        used, unused = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in (used, unused):
            writer.write(request)
            await reader.readuntil(b"}")
        server.should_exit = True
        while server.servers[0].is_serving():  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        used[1].write(request)
        answer = await used[0].read(-1)
        assert (b"connection: close" in answer and answer.endswith(b"}")) is (kind is ProxiedProtocol)
        assert await unused[0].read(-1) == b""
        await running
    for _, writer in (used, unused):
        writer.close()
