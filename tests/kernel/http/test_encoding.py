"""Values as JSON."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Response, get
from litestar.datastructures import Cookie

from kernel.http.encoding import Encoded, encode
from tests.kernel.http.apps import application, talking_to


class Letter(msgspec.Struct, tag="letter", rename="camel"):
    sent_at: datetime
    text: str = ""
    left_out: int | msgspec.UnsetType = msgspec.UNSET


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00.000000Z"),
        (datetime(2026, 1, 31, 12, microsecond=1, tzinfo=UTC), "2026-01-31T12:00:00.000001Z"),
        (datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=-5, minutes=-30))), "2026-01-31T17:30:00.000000Z"),
        (datetime(2026, 1, 31, 12, microsecond=5, tzinfo=timezone(timedelta(hours=2))), "2026-01-31T10:00:00.000005Z"),
    ],
)
def test_every_time_is_in_utc_with_six_digits(moment: datetime, text: str) -> None:
    shapes: list[Any] = [moment, [moment], {"a": {"b": (moment,)}}, {"x": [moment, None]}]
    for shape in shapes:
        assert f'"{text}"'.encode() in encode(shape)
    assert msgspec.json.decode(encode(Letter(moment))) == {"type": "letter", "sentAt": text, "text": ""}


def test_text_that_looks_like_a_time_stays_as_it_is() -> None:
    looks = "at 12:00:00Z"
    letter = Letter(datetime(2026, 1, 31, tzinfo=UTC), text=looks)
    assert msgspec.json.decode(encode(letter))["text"] == looks
    assert encode([looks, "2026-01-31T12:00:00+02:00"]) == b'["at 12:00:00Z","2026-01-31T12:00:00+02:00"]'


def test_the_long_way_gives_what_the_short_one_does() -> None:
    value = {
        "id": UUID(int=7),
        "n": [1, 1.5, None, True],
        "text": "é\u2028😀",
        "nested": {"tuple": (1, 2)},
        "raw": {1: "x"},
    }
    moment = datetime(2026, 1, 31, tzinfo=UTC)
    assert encode([value, moment]) == b"[" + msgspec.json.encode(value) + b',"2026-01-31T00:00:00.000000Z"]'


@get("/plain")
async def plain() -> Letter:
    return Letter(datetime(2026, 1, 31, tzinfo=UTC))


@get("/encoded")
async def encoded() -> Response[Letter]:
    return Encoded(b'{"a":1}', headers={"ETag": '"x"'})


@get("/with-cookie", response_headers={"X-Declared": "yes"})
async def with_cookie() -> Response[Letter]:
    answer: Response[Letter] = Encoded(b'{"a":1}', headers={"ETag": '"x"'})
    answer.set_cookie(Cookie(key="name", value="value"))
    return answer


async def test_returned_values_take_the_same_way() -> None:
    async with talking_to(application(plain)) as client:
        assert (await client.get("/plain")).json()["sentAt"] == "2026-01-31T00:00:00.000000Z"


async def test_final_bytes_leave_as_they_are() -> None:
    async with talking_to(application(encoded, with_cookie)) as client:
        short, long = await client.get("/encoded"), await client.get("/with-cookie")
    for answer in (short, long):
        assert answer.content == b'{"a":1}'
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["content-length"] == "7"
        assert answer.headers["etag"] == '"x"'
    assert long.headers["x-declared"] == "yes"
    assert long.headers["set-cookie"].startswith("name=value")
