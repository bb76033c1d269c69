"""Entity tags, 304 and 412."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from litestar import Response, get, patch, post
from litestar.di import NamedDependency, Provide

from kernel.http.conditional import provide_if_match, resource
from kernel.http.request import HttpRequest
from kernel.versions import IfMatch, etag
from tests.kernel.http.apps import application, problem_of, talking_to


class Thing(msgspec.Struct, frozen=True):
    title: str
    made_at: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)


THING = Thing("Crème")


@get("/public")
async def public(request: HttpRequest) -> Response[Thing]:
    return resource(request, THING, version=12, public=True)


@get("/private")
async def private(request: HttpRequest) -> Response[Thing]:
    return resource(request, THING, version=12)


@post("/things")
async def create(request: HttpRequest) -> Response[Thing]:
    return resource(request, THING, version=1, status_code=201, headers={"Location": "/things/1"})


@patch("/public", dependencies={"if_match": Provide(provide_if_match, sync_to_thread=False)})
async def change(request: HttpRequest, if_match: NamedDependency[IfMatch]) -> Response[Thing]:
    if_match.check(12)
    return resource(request, THING, version=13)


async def ask(method: str, path: str, *headers: tuple[str, str]) -> Any:
    async with talking_to(application(public, private, create, change)) as client:
        return await client.request(method, path, headers=list(headers))


async def test_a_resource_has_a_strong_tag_of_version_and_hash() -> None:
    answer = await ask("GET", "/public")
    assert answer.json() == {"title": "Crème", "made_at": "2026-01-31T12:00:00.000000Z"}
    assert answer.headers["etag"] == etag(answer.content, 12)
    assert answer.headers["etag"].startswith('"12-')
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_a_tag_changes_with_every_byte_and_is_the_same_everywhere() -> None:
    assert len({etag(b"a", 1), etag(b"b", 1), etag(b"a", 2), etag(b"a")}) == 4
    assert etag(b"a", 1) == '"1-40f89e395b66422f"'


async def test_caches_are_told_what_they_may_keep() -> None:
    assert (await ask("GET", "/public")).headers["cache-control"] == "public, max-age=0, must-revalidate"
    private = await ask("GET", "/private")
    assert private.headers["cache-control"] == "no-store"
    assert private.headers["vary"] == "Authorization"


TAG = etag(b'{"title":"Cr\xc3\xa8me","made_at":"2026-01-31T12:00:00.000000Z"}', 12)


@pytest.mark.parametrize(
    "given", [TAG, f"W/{TAG}", "*", f'"x", {TAG}', f'{TAG},"x"', f' W/"y" ,W/{TAG} ', f'"a,b",{TAG}']
)
@pytest.mark.parametrize("path", ["/public", "/private"])
async def test_who_has_the_bytes_gets_304(path: str, given: str) -> None:
    full, answer = await ask("GET", path), await ask("GET", path, ("If-None-Match", given))
    assert (answer.status_code, answer.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert answer.headers.get(name) == full.headers.get(name)
    assert "content-type" not in answer.headers


async def test_a_tag_may_be_on_any_line() -> None:
    assert (await ask("GET", "/public", ("If-None-Match", '"x"'), ("If-None-Match", TAG))).status_code == 304


@pytest.mark.parametrize(
    "given", ["", '"x"', '"12-"', '"12-0"', "12", TAG.strip('"'), TAG[:-1], '"', "**", "\xff", TAG.upper()]
)
async def test_who_has_other_bytes_gets_them_all(given: str) -> None:
    async with talking_to(application(public)) as client:
        answer = await client.get("/public", headers={b"If-None-Match": given.encode("latin-1")})
    assert answer.status_code == 200


async def test_writes_answer_in_full_whatever_the_caller_has() -> None:
    answer = await ask("POST", "/things", ("If-None-Match", "*"))
    assert (answer.status_code, answer.headers["location"]) == (201, "/things/1")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", [None, "*", '"12-abc"', TAG, '"11-x", "12-y"', f'W/"3-x", {TAG}'])
async def test_a_change_of_the_present_version_is_made(given: str | None) -> None:
    headers = [] if given is None else [("If-Match", given)]
    answer = await ask("PATCH", "/public", *headers)
    assert answer.status_code == 200
    assert answer.headers["etag"].startswith('"13-')


@pytest.mark.parametrize(
    "given",
    [
        "",
        '"11-abc"',
        '"121-abc"',
        '"1"',
        '"12"',
        '"-12-x"',
        "12-abc",
        '"x"',
        f"W/{TAG}",
        '"12-abc',
        "x*",
        '"' + "9" * 4000 + '-x"',
        '"012-x',
    ],
)
async def test_a_change_of_any_other_version_is_refused(given: str) -> None:
    problem_of(await ask("PATCH", "/public", ("If-Match", given)), 412, "precondition_failed")
