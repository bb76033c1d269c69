"""What holds for every request and every answer, whatever the route."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import MediaType, Request, Response, asgi, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from litestar.types import Receive, Scope, Send

from kernel.http.conditional import resource
from kernel.http.edge import Application, has_one_spelling
from kernel.http.request import HttpRequest
from kernel.settings import HttpSettings
from tests.kernel.http.apps import SETTINGS, application, problem_of, talking_to

ID = "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"


@get("/things/{thing_id:uuid}")
async def show(request: HttpRequest, thing_id: FromPath[UUID]) -> Response[UUID]:
    return resource(request, thing_id, version=1, public=True)


@patch("/things/{thing_id:uuid}")
async def change(thing_id: FromPath[UUID], data: JSONBody[dict[str, str]]) -> UUID:
    return thing_id


@delete("/things/{thing_id:uuid}")
async def remove(thing_id: FromPath[UUID]) -> None: ...


@get("/things")
async def index() -> list[int]:
    return [1, 2, 3]


@post("/things")
async def create() -> None: ...


@post("/things/import")
async def upload() -> None: ...


@get("/html", media_type=MediaType.HTML)
async def html() -> str:
    return "<p>Hello"


@get("/own-policy", media_type=MediaType.HTML)
async def own_policy() -> Response[str]:
    return Response("<p>Hello", headers={"Content-Security-Policy": "default-src 'self'"})


@get("/stream")
async def stream() -> Stream:
    async def forever() -> AsyncGenerator[bytes]:
        while True:
            yield b"tick\n"
            await asyncio.sleep(0.01)

    return Stream(forever(), media_type="text/event-stream")


@get("/boom")
async def boom() -> None:
    raise RuntimeError("the password is hunter2")


@get("/by-name/{name:str}")
async def by_name(name: FromPath[str]) -> dict[str, str]:
    return {"name": name}


@get("/health/live")
async def live() -> str:
    return "ok"


@asgi("/mounted", is_mount=True, copy_scope=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await Response({"method": scope.get("method")}).to_asgi_response(None, Request(scope))(scope, receive, send)


HANDLERS = [show, change, remove, index, create, upload, html, own_policy, stream, boom, by_name, live, mounted]


APP = application(*HANDLERS)
PRODUCTION = application(
    *HANDLERS,
    settings=msgspec.structs.replace(SETTINGS, env="production", http=HttpSettings(allowed_hosts=("also.example",))),
)


async def ask(method: str, path: str, app: Application = APP, **options: Any) -> httpx.Response:
    async with talking_to(app) as client:
        return await client.request(method, path, **options)


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "x" * 128])
@pytest.mark.parametrize("path", ["/things", "/nowhere", "/boom"])
async def test_a_good_request_id_is_kept(given: str, path: str) -> None:
    assert (await ask("GET", path, headers={"X-Request-ID": given})).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 129, "a b", "a\tb", "é", "<script>", "a;b", "a\u2028", "%0a", "a/b"])
async def test_a_bad_request_id_is_replaced(given: str) -> None:
    answer = await ask("GET", "/nowhere", headers={"X-Request-ID": given.encode()})
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,128}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != given
    problem_of(answer, 404, "not_found")


async def test_request_ids_are_never_the_same() -> None:
    async with talking_to(application(*HANDLERS)) as one, talking_to(application(*HANDLERS)) as other:
        ids = {(await client.get("/things")).headers["x-request-id"] for client in (one, other) for _ in range(50)}
    assert len(ids) == 100


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/things", 200),
        ("GET", "/nowhere", 404),
        ("PUT", "/things", 405),
        ("GET", "/boom", 500),
        ("OPTIONS", "/things", 204),
    ],
)
async def test_every_answer_carries_the_same_guard_rails(method: str, path: str, status: int) -> None:
    answer = await ask(method, path)
    assert answer.status_code == status
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-request-id"]


async def test_nobody_keeps_what_says_nothing_of_caches() -> None:
    for answer in (await ask("GET", "/things"), await ask("DELETE", f"/things/{ID}"), await ask("GET", "/html")):
        assert answer.headers.get_list("cache-control") == ["no-store"]
    public = await ask("GET", f"/things/{ID}")
    assert public.headers.get_list("cache-control") == ["public, max-age=0, must-revalidate"]


async def test_pages_get_a_strict_policy_unless_they_bring_their_own() -> None:
    assert "default-src 'none'" in (await ask("GET", "/html")).headers["content-security-policy"]
    assert (await ask("GET", "/own-policy")).headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert "content-security-policy" not in (await ask("GET", "/things")).headers


@pytest.mark.parametrize(
    "host", ["quire.example", "QUIRE.example", "quire.example:443", "quire.example:8443", "also.example"]
)
async def test_known_hosts_are_answered(host: str) -> None:
    assert (await ask("GET", "/things", PRODUCTION, headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "quire.example.evil",
        "evil-quire.example",
        "quire.example@evil",
        "evil@quire.example",
        "quire.example:x",
        "quire.example:",
        "quire.example:443:443",
        "quire.example, evil",
        "quire.example/",
        "quire.example?",
        "quire.example.",
        "xn--quire.example",
        "localhost",
        "127.0.0.1",
        "[::1]:8000",
        "[::1",
        "quire example",
        "qüire.example".encode(),
    ],
)
async def test_in_production_any_other_host_is_refused(host: str | bytes) -> None:
    problem_of(await ask("GET", "/things", PRODUCTION, headers={"Host": host}), 400, "invalid_host")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:3000", "127.0.0.1:8000", "10.0.0.7", "[::1]:8000", "[2001:db8::1]"]
)
async def test_in_development_local_names_and_addresses_are_known(host: str) -> None:
    assert (await ask("GET", "/things", headers={"Host": host})).status_code == 200
    problem_of(await ask("GET", "/things", headers={"Host": "localhost.evil"}), 400, "invalid_host")


async def test_probes_come_by_any_address() -> None:
    assert (await ask("GET", "/health/live", PRODUCTION, headers={"Host": "10.0.0.7:8000"})).status_code == 200


@pytest.mark.parametrize("hosts", [[], [b"quire.example", b"quire.example"], [b"quire.example", b"evil.example"]])
async def test_there_is_exactly_one_host(hosts: list[bytes]) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", host) for host in hosts]
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": "/things",
        "raw_path": b"/things",
        "query_string": b"",
        "headers": headers,
    }
    await APP(scope, receive, send)
    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    "path", ["/things", f"/things/{ID}", "/html", "/nowhere", "/boom", "/things/x", "/things/import"]
)
async def test_head_is_get_without_the_body(path: str) -> None:
    headers = {"X-Request-ID": "same"}
    got, head = await ask("GET", path, headers=headers), await ask("HEAD", path, headers=headers)
    assert (head.status_code, head.headers, head.content) == (got.status_code, got.headers, b"")
    assert int(head.headers["content-length"]) == len(got.content) > 0


async def test_head_of_a_stream_ends() -> None:
    async with asyncio.timeout(2):
        answer = await ask("HEAD", "/stream")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_head_is_conditional_too() -> None:
    tag = (await ask("GET", f"/things/{ID}")).headers["etag"]
    assert (await ask("HEAD", f"/things/{ID}", headers={"If-None-Match": tag})).status_code == 304


METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "QUERY", "*", "X" * 200}


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/things", "GET, HEAD, OPTIONS, POST"),
        (f"/things/{ID}", "DELETE, GET, HEAD, OPTIONS, PATCH"),
        ("/things/import", "OPTIONS, POST"),
        ("/html", "GET, HEAD, OPTIONS"),
    ],
)
async def test_options_and_405_name_the_same_methods(path: str, allow: str) -> None:
    options = await ask("OPTIONS", path)
    assert (options.status_code, options.headers["allow"], options.content) == (204, allow, b"")
    for method in METHODS - set(allow.split(", ")):
        answer = await ask(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow), method
        if method != "HEAD":
            problem_of(answer, 405, "method_not_allowed")


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "TRACE", "BREW"])
async def test_an_unknown_path_has_no_methods(method: str) -> None:
    problem_of(await ask(method, "/nowhere"), 404, "not_found")


async def test_what_is_mounted_answers_all_methods_itself() -> None:
    assert (await ask("OPTIONS", "/mounted/below")).json() == {"method": "OPTIONS"}


ODD = [
    "/things/",
    "//things",
    "/things//import",
    "/things%2fimport",
    "/things%2Fimport",
    "/things%00",
    "/%00",
    "/%ff",
    "/%C3%28",
    "/%ED%A0%80",
    "/%zz",
    "/%",
    "/things%0d%0a",
    "/things%09",
    "/..",
    "/things/..",
    "/.git/config",
    "/things;x=1",
    "/things%3Fx",
    "/Things",
    "/" + "a/" * 1000 + "a",
    "/" + "%F0%9F%98%80" * 100,
    "/by-name/a%2Fb",
    "/by-name/a%00b",
    "/by-name/%ff",
    "/by-name/%80abc",
    "/by-name/",
]


@pytest.mark.parametrize("path", ODD, ids=lambda path: path[:24])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_an_odd_path_is_not_found(method: str, path: str) -> None:
    async with talking_to(APP) as client:
        answer = await client.send(httpx.Request(method, httpx.URL("https://quire.example", raw_path=path.encode())))
    problem_of(answer, 404, "not_found")


async def test_encoded_text_in_a_path_arrives() -> None:
    assert (await ask("GET", "/by-name/%E6%97%A5%20x")).json() == {"name": "日 x"}
    assert (await ask("GET", "/%74hings")).status_code == 200


@pytest.mark.parametrize(("path", "raw"), [("", b""), ("*", b"*"), ("x", b"x"), ("/\udcff", b"/%ff")])
def test_what_is_no_path_has_no_spelling(path: str, raw: bytes) -> None:
    assert not has_one_spelling(path, raw)


@pytest.mark.parametrize("address", ["/by-name/" + "x" * 8184, "/things?" + "x" * 8186, "/" + "%41" * 2731])
async def test_an_address_of_more_than_eight_kibibytes_is_too_long(address: str) -> None:
    problem_of(await ask("GET", address), 414, "uri_too_long")


async def test_an_address_of_eight_kibibytes_is_not() -> None:
    assert (await ask("GET", "/by-name/" + "x" * 8183)).status_code == 200


async def test_a_failure_is_told_without_what_failed() -> None:
    answer = await ask("GET", "/boom")
    problem_of(answer, 500, "internal_error")
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text


async def test_even_what_escapes_the_framework_is_a_problem() -> None:
    app = application(*HANDLERS)

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("hunter2")

    app.asgi_handler._app = broken  # type: ignore[attr-defined] # to stand for a middleware that fails
    async with talking_to(app) as client:
        problem_of(await client.get("/things"), 500, "internal_error")


async def test_an_observer_hears_of_every_answer() -> None:
    heard: list[tuple[str | None, int]] = []

    def observe(scope: Any, status: int, seconds: float) -> None:
        assert seconds > 0
        heard.append((scope.get("path_template"), status))

    async with talking_to(application(*HANDLERS, observe=observe)) as client:
        for path in (f"/things/{ID}", "/nowhere", "/boom"):
            await client.get(path)
        await client.head("/things")
    assert heard == [("/things/{thing_id}", 200), (None, 404), ("/boom", 500), ("/things", 200)]
