"""What becomes of a body on its way to a handler."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import post, put
from litestar.params import JSONBody

from kernel.errors import ValidationFailed
from kernel.http.decoding import MAX_BODY, Body
from tests.kernel.http.apps import application, pointers, problem_of, talking_to

Tag = Annotated[str, msgspec.Meta(min_length=1, max_length=50, pattern="^[a-z0-9-]+$")]


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pinned: bool = False
    weight: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0


class NewPost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]
    tags: Annotated[list[Tag], msgspec.Meta(max_length=10)] = []
    status: Literal["draft", "published"] = "draft"
    summary: str | msgspec.UnsetType | None = msgspec.UNSET
    options: Options = Options()


class Anything(msgspec.Struct, frozen=True):
    value: Any = None


class Dated(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: datetime
    parent_id: UUID | None = None


@post("/posts")
async def create(data: JSONBody[NewPost]) -> dict[str, Any]:
    assert isinstance(data, NewPost)
    return {"title": data.title, "unset": data.summary is msgspec.UNSET}


@post("/anything")
async def anything(data: JSONBody[Anything]) -> Anything:
    return data


@post("/dated")
async def dated(data: JSONBody[Dated]) -> Dated:
    return data


@post("/optional")
async def optional(data: JSONBody[Options | None] = None) -> bool:
    return data is None


@put("/nothing", status_code=204)
async def nothing() -> None:
    pass


@post("/many")
async def many(data: JSONBody[list[Options]]) -> int:
    return len(data)


APP = application(create, anything, dated, optional, nothing, many)
GOOD = {"title": "On folding", "body": "Fold it twice."}


async def send(path: str, content: bytes | str, content_type: str | None = "application/json") -> httpx.Response:
    headers = {} if content_type is None else {"content-type": content_type}
    async with talking_to(APP) as client:
        return await client.post(path, content=content, headers=headers)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON ;charset=UTF-8",
        'application/json;charset="utf-8"',
    ],
)
async def test_json_is_taken_however_it_is_announced(content_type: str) -> None:
    answer = await send("/posts", json.dumps(GOOD), content_type)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/merge-patch+json",
        "application/jsonx",
        "application/json, text/plain",
        "text/plain; application/json",
    ],
)
async def test_a_body_that_is_not_announced_as_json_is_refused(content_type: str | None) -> None:
    problem_of(await send("/posts", json.dumps(GOOD), content_type), 415, "unsupported_media_type")


async def test_a_compressed_body_is_refused() -> None:
    async with talking_to(APP) as client:
        headers = {"content-type": "application/json", "content-encoding": "gzip"}
        answer = await client.post("/posts", content=json.dumps(GOOD), headers=headers)
    problem_of(answer, 415, "unsupported_media_type")


MALFORMED = [
    b"",
    b" ",
    b"\xef\xbb\xbf{}",
    b"{",
    b"}",
    b"{]",
    b"[1,]",
    b"[,1]",
    b"[1 2]",
    b'{"a":1,}',
    b'{"a" 1}',
    b'{"a":}',
    b"{a:1}",
    b"{'a':1}",
    b'{"a":1}}',
    b'{"a":1} x',
    b"nul",
    b"True",
    b"undefined",
    b"NaN",
    b"-NaN",
    b"Infinity",
    b"-Infinity",
    b'{"title":NaN}',
    b"+1",
    b"01",
    b"-",
    b"1.",
    b".5",
    b"1e",
    b"0x1",
    b"1_000",
    b"1e999",
    b"-1e999",
    b"1" * 400,
    b"[" + b"9" * 5000 + b"]",
    b'"\t"',
    b'"\n"',
    b'"\x00"',
    b'"\\x41"',
    b'"\\u12"',
    b'"\\u12G4"',
    b'"unfinished',
    b'"\\"',
    b"\xff",
    b'"\xff"',
    b'"\xc3\x28"',
    b'"\xed\xa0\x80"',
    b'"\xc0\xaf"',
    b'"\xf5\x80\x80\x80"',
    '{"title":"x"}'.encode("utf-16"),
    b"/**/{}",
    b"{}//",
    b'{"a":1,"a":1}',
    b'{"title":"a","title":"b","body":"c"}',
    b'{"a":{"b":1,"b":2}}',
    b'[{"a":1},{"a":1,"\\u0061":2}]',
    b"[" * 65 + b"]" * 65,
    b'{"a":' * 65 + b"1" + b"}" * 65,
    b'[{"a":' * 33 + b"1" + b"}]" * 33,
    b'{"a":' + b"[" * 64 + b'"]"' + b"]" * 64 + b"}",
    b'{"unknown":' + b"[" * 100 + b"]" * 100 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 20_000 + b"]" * 20_000,
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:24]))
@pytest.mark.parametrize("path", ["/posts", "/anything"])
async def test_what_is_not_clean_json_is_malformed(path: str, body: bytes) -> None:
    problem = problem_of(await send(path, body), 400, "malformed_body")
    assert "errors" not in problem


@pytest.mark.parametrize(
    "text",
    [
        "null",
        " \n\r\t1 ",
        "-0",
        "1E+2",
        "1e308",
        "123456789012345678901234567890",
        '"\\ud83d\\ude00"',
        '"\\u2028 \\/ \\b\\f\\n\\r\\t"',
        '"\U0010ffff é ﷽"',
        '"' + "[{" * 100 + '"',
        '"\\\\\\"' + "[" * 100 + '"',
        '["' + "]" * 100 + '",[' + "[]," * 100 + "[]]]",
        '[{"a":' * 31 + "[]" + "}]" * 31,
        "[" * 63 + "]" * 63,
    ],
)
async def test_whatever_is_clean_json_arrives(text: str) -> None:
    answer = await send("/anything", f'{{"value":{text}}}'.encode())
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"value": json.loads(text)}


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 422), (MAX_BODY + 1, 413)])
async def test_a_body_may_have_one_mebibyte(size: int, status: int) -> None:
    body = b'{"title":"' + b"x" * (size - 12) + b'"}'
    assert len(body) == size

    async def chunked() -> Any:
        for start in range(0, size, 65536):
            yield body[start : start + 65536]

    async with talking_to(APP) as client:
        headers = {"content-type": "application/json"}
        announced = await client.post("/posts", content=body, headers=headers)
        unannounced = await client.post("/posts", content=chunked(), headers=headers)
    for answer in (announced, unannounced):
        problem_of(answer, status, "validation_failed" if status == 422 else "payload_too_large")


@pytest.mark.parametrize(("size", "status"), [(0, 204), (MAX_BODY, 204), (MAX_BODY + 1, 413)])
async def test_so_may_a_body_that_nobody_wants(size: int, status: int) -> None:
    async def chunked() -> Any:
        yield b"x" * size

    async with talking_to(APP) as client:
        headers = {"content-type": "text/plain"}
        answers = [await client.put("/nothing", content=each, headers=headers) for each in (b"x" * size, chunked())]
    for answer in answers:
        assert answer.status_code == status
        assert status == 204 or problem_of(answer, 413, "payload_too_large")


async def test_nobody_is_blamed_for_a_caller_who_hangs_up() -> None:
    sent = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send_(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"quire.example"), (b"content-type", b"application/json"), (b"content-length", b"99")]
    scope: Any = {
        "type": "http",
        "method": "POST",
        "path": "/posts",
        "raw_path": b"/posts",
        "query_string": b"",
        "headers": headers,
    }
    await APP(scope, receive, send_)
    assert sent[0]["status"] == 400


WRONG: list[tuple[Any, dict[str, str]]] = [
    ({}, {"/body/title": "required", "/body/body": "required"}),
    (None, {"/body": "invalid_type"}),
    ([], {"/body": "invalid_type"}),
    ("x", {"/body": "invalid_type"}),
    (
        {"title": "", "body": 5, "tags": "x", "status": "gone", "nonsense": 1, "options": 1},
        {
            "/body/title": "too_short",
            "/body/body": "invalid_type",
            "/body/tags": "invalid_type",
            "/body/status": "invalid_choice",
            "/body/nonsense": "unknown_field",
            "/body/options": "invalid_type",
        },
    ),
    ({**GOOD, "title": "x" * 201}, {"/body/title": "too_long"}),
    ({**GOOD, "title": None}, {"/body/title": "invalid_type"}),
    ({**GOOD, "title": True}, {"/body/title": "invalid_type"}),
    ({**GOOD, "title": "a\x00b"}, {"/body/title": "invalid_characters"}),
    ({**GOOD, "title": "a\ud800"}, {"/body/title": "invalid_characters"}),
    ({**GOOD, "summary": "\udfff"}, {"/body/summary": "invalid_characters"}),
    (
        {**GOOD, "tags": ["a", 1, "", "B", "c" * 51]},
        {
            f"/body/tags/{n}": code
            for n, code in enumerate(["", "invalid_type", "too_short", "invalid_format", "too_long"])
            if code
        },
    ),
    ({**GOOD, "tags": ["a\n"]}, {"/body/tags/0": "invalid_format"}),
    ({**GOOD, "tags": ["a"] * 11}, {"/body/tags": "too_long"}),
    ({**GOOD, "summary": 1}, {"/body/summary": "invalid_type"}),
    (
        {**GOOD, "options": {"pinned": 1, "weight": True}},
        {"/body/options/pinned": "invalid_type", "/body/options/weight": "invalid_type"},
    ),
    ({**GOOD, "options": {"weight": 11}}, {"/body/options/weight": "too_large"}),
    ({**GOOD, "options": {"weight": -1}}, {"/body/options/weight": "too_small"}),
    ({**GOOD, "options": {"weight": 1.0}}, {"/body/options/weight": "invalid_type"}),
    ({**GOOD, "options": {"weight": "1"}}, {"/body/options/weight": "invalid_type"}),
    ({**GOOD, "options": {"weight": 10**30}}, {"/body/options/weight": "out_of_range"}),
    ({**GOOD, "a/b~c": 1}, {"/body/a~1b~0c": "unknown_field"}),
    ({**GOOD, "": 1}, {"/body/": "unknown_field"}),
    ({**GOOD, "x\x00": 1}, {"/body": "unknown_field"}),
    ({**GOOD, "x\ud800": 1}, {"/body": "unknown_field"}),
    ({**GOOD, "x" * 1000: 1}, {"/body": "unknown_field"}),
]


@pytest.mark.parametrize(("body", "expected"), WRONG, ids=lambda each: repr(each)[:40])
async def test_every_field_that_breaks_a_rule_is_named(body: Any, expected: dict[str, str]) -> None:
    problem = problem_of(await send("/posts", json.dumps(body)), 422, "validation_failed")
    assert pointers(problem) == expected


async def test_items_of_a_list_are_named_by_their_index() -> None:
    problem = problem_of(await send("/many", b'[{},{"pinned":1},{"x":1}]'), 422, "validation_failed")
    assert pointers(problem) == {"/body/1/pinned": "invalid_type", "/body/2/x": "unknown_field"}


async def test_a_problem_never_repeats_a_value() -> None:
    answer = await send("/posts", json.dumps({"title": ["hunter2"], "body": "hunter2" * 99_999, "status": "hunter2"}))
    assert "hunter2" not in answer.text


async def test_a_flood_of_mistakes_gets_a_short_answer() -> None:
    answer = await send("/posts", json.dumps({f"field{n}": n for n in range(50_000)}))
    assert len(problem_of(answer, 422, "validation_failed")["errors"]) == 100


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-01-31T12:00:00", "invalid_format"),
        ("2026-01-31", "invalid_format"),
        ("2026-02-30T12:00:00Z", "invalid_format"),
        ("2026-01-31T25:00:00Z", "invalid_format"),
        ("1999-12-31T23:59:59Z", "out_of_range"),
        ("2101-01-01T00:00:00Z", "out_of_range"),
        ("2000-01-01T00:00:00+00:01", "out_of_range"),
        ("0001-01-01T00:00:00+14:00", "out_of_range"),
        ("9999-12-31T23:59:59-14:00", "out_of_range"),
        (1769860800, "invalid_type"),
        (None, "invalid_type"),
        ("now", "invalid_format"),
    ],
)
async def test_a_time_needs_a_zone_and_lies_in_this_century(at: object, code: str) -> None:
    problem = problem_of(await send("/dated", json.dumps({"at": at})), 422, "validation_failed")
    assert pointers(problem) == {"/body/at": code}


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z"),
        ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.500000Z"),
        ("2026-01-31T14:00:00+02:00", "2026-01-31T12:00:00.000000Z"),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000000Z"),
        ("2100-12-31T23:59:59.999999Z", "2100-12-31T23:59:59.999999Z"),
    ],
)
async def test_times_come_back_in_utc_with_microseconds(given: str, returned: str) -> None:
    answer = await send("/dated", json.dumps({"at": given}))
    assert answer.json() == {"at": returned, "parent_id": None}


@pytest.mark.parametrize(
    "text",
    [
        "0192F0C1-9A3E-7CC0-8F5E-3F1F5A0D7B11",
        "0192f0c19a3e7cc08f5e3f1f5a0d7b11",
        "{0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11}",
        "urn:uuid:0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11",
        "0192f0c1-9a3e-4cc0-8f5e-3f1f5a0d7b11",
        "0192f0c1-9a3e-7cc0-cf5e-3f1f5a0d7b11",
        "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11\n",
        "",
        7,
    ],
)
async def test_an_id_has_one_spelling(text: object) -> None:
    answer = await send("/dated", json.dumps({"at": "2026-01-31T12:00:00Z", "parent_id": text}))
    assert list(pointers(problem_of(answer, 422, "validation_failed"))) == ["/body/parent_id"]


async def test_an_optional_body_may_be_missing_but_not_wrong() -> None:
    assert (await send("/optional", b"", None)).json() is True
    assert (await send("/optional", b"null")).json() is True
    assert (await send("/optional", b"{}")).json() is False
    problem_of(await send("/optional", b"{", "application/json"), 400, "malformed_body")
    problem_of(await send("/optional", b"{}", None), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "text",
    [
        "Crème brûlée",
        "日本語",
        "e\u0301 ≠ é",
        "👩\u200d👩\u200d👧",
        "\u202e\ufeff\u2028",
        '\\n " / \u007f',
        "2026-01-31T12:00:00Z",
        "ends with a line\n",
    ],
)
async def test_text_comes_back_byte_identical(text: str) -> None:
    for escaped in (True, False):
        answer = await send("/anything", json.dumps({"value": text}, ensure_ascii=escaped).encode())
        assert answer.json() == {"value": text}
        assert json.dumps(text, ensure_ascii=False).encode() in answer.content


def test_what_is_left_out_stays_apart_from_null() -> None:
    body = Body(NewPost)
    assert body.decode(json.dumps(GOOD).encode()).summary is msgspec.UNSET
    assert body.decode(json.dumps({**GOOD, "summary": None}).encode()).summary is None


def test_a_type_that_only_msgspec_knows_is_checked_as_a_whole() -> None:
    body = Body(dict[str, Decimal])
    assert body.decode(b'{"a":"1.5"}') == {"a": Decimal("1.5")}
    with pytest.raises(ValidationFailed) as caught:
        body.decode(b'{"a":"x"}')
    assert [each.pointer for each in caught.value.violations] == ["/body"]


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("/posts?x=1", '{"title": "", "size": 1}', {"/query/x", "/body/title", "/body/body", "/body/size"}),
        ("/posts?x=1", json.dumps(GOOD), {"/query/x"}),
        ("/posts?x=1", "{", {"/query/x"}),
        ("/optional?x=1", '{"weight": 11}', {"/query/x", "/body/weight"}),
        ("/optional?x=1", "", {"/query/x"}),
    ],
)
async def test_what_is_wrong_in_query_and_body_is_said_at_once(path: str, content: str, expected: set[str]) -> None:
    problem = problem_of(await send(path, content), 422, "validation_failed")
    assert pointers(problem).keys() == expected
