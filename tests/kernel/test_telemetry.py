import json
import logging
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any, Literal, TypeAlias, cast

import msgspec
import pytest
import structlog
from litestar import get

from kernel.application import create_app
from kernel.module import Module
from kernel.security import public
from kernel.settings import KernelSettings
from kernel.telemetry import configure_logging
from tests.running import running

LogAs: TypeAlias = Callable[[Literal["json", "console"]], StringIO]

NASTY = 'a\r\nb\u2028c\u2029d\x1b[31me\x00f\x85g\udce4h"i\\j{}%s'
SECRET = "hunter2"


@pytest.fixture
def log_as(settings: KernelSettings) -> Iterator[LogAs]:
    """Configures logging and gets what it writes; afterwards it is as it was."""

    def configure(log_format: Literal["json", "console"]) -> StringIO:
        configure_logging(msgspec.structs.replace(settings, log_format=log_format, log_level="info"))
        (handler,) = logging.getLogger().handlers
        stream = StringIO()
        cast("logging.StreamHandler[StringIO]", handler).setStream(stream)
        return stream

    yield configure
    configure_logging(settings)


def lines(stream: StringIO) -> list[dict[str, Any]]:  # Any: JSON
    """What was written, one object a line."""
    written = stream.getvalue().split("\n")
    assert written.pop() == ""
    assert all(line.isprintable() for line in written)
    return [json.loads(line) for line in written]


def test_whatever_is_logged_is_one_line_that_says_it_all(log_as: LogAs) -> None:
    stream = log_as("json")
    structlog.get_logger().warning(NASTY, value=NASTY, things=[NASTY], **{NASTY: 1})
    (line,) = lines(stream)
    assert (line["event"], line["value"], line["things"], line[NASTY]) == (NASTY, NASTY, [NASTY], 1)
    assert line["level"] == "warning"
    assert line["timestamp"].endswith("Z")


def test_what_libraries_log_looks_the_same(log_as: LogAs) -> None:
    stream = log_as("json")
    logging.getLogger("some.library").error("said %s of %r", NASTY, NASTY)
    (line,) = lines(stream)
    assert line["event"] == f"said {NASTY} of {NASTY!r}"
    assert (line["level"], line["logger"]) == ("error", "some.library")


def test_what_json_has_no_word_for_is_described(log_as: LogAs) -> None:
    stream = log_as("json")
    structlog.get_logger().warning("odd", thing=object(), raw=b"\xff\n", error=ValueError(NASTY))
    (line,) = lines(stream)
    assert {"thing", "raw", "error"} <= line.keys()


def fail(password: str) -> None:
    raise RuntimeError(NASTY if password else "")


@pytest.mark.parametrize("logger", ["structlog", "logging"])
def test_an_exception_is_one_line_with_its_frames_and_without_their_variables(log_as: LogAs, logger: str) -> None:
    stream = log_as("json")
    log: Any = structlog.get_logger() if logger == "structlog" else logging.getLogger("some.library")  # Any: either
    try:
        fail(SECRET)
    except RuntimeError as error:
        log.error("failed", exc_info=error)
    (line,) = lines(stream)
    assert line["exception"][0]["exc_type"] == "RuntimeError"
    assert line["exception"][0]["exc_value"] == NASTY
    assert line["exception"][0]["frames"][-1]["name"] == "fail"
    assert SECRET not in json.dumps(line)


def test_in_development_an_exception_is_shown_without_the_variables_of_its_frames(log_as: LogAs) -> None:
    stream = log_as("console")
    try:
        fail(SECRET)
    except RuntimeError:
        structlog.get_logger().exception("failed")
    assert "in fail" in stream.getvalue()
    assert SECRET not in stream.getvalue()


@get("/talk", guards=[public])
async def talk() -> None:
    structlog.get_logger().info("one")
    logging.getLogger("some.library").warning("other")


async def test_every_line_of_a_request_carries_the_id_that_its_answer_carries(
    settings: KernelSettings, log_as: LogAs
) -> None:
    stream = log_as("json")
    async with running(create_app(settings, [Module(name="scratch", controllers=[talk])])) as client:
        answers = [await client.get("/api/v1/scratch/talk") for _ in range(2)]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert [line["request_id"] for line in lines(stream) if line["event"] in {"one", "other"}] == [
        ids[0],
        ids[0],
        ids[1],
        ids[1],
    ]


async def test_every_line_of_a_request_carries_the_trace_that_its_client_names(
    settings: KernelSettings, log_as: LogAs
) -> None:
    stream = log_as("json")
    async with running(create_app(settings, [Module(name="scratch", controllers=[talk])])) as client:
        for traceparent in ("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", "nonsense"):
            await client.get("/api/v1/scratch/talk", headers={"traceparent": traceparent})
    traces = [line.get("trace_id") for line in lines(stream) if line["event"] in {"one", "other"}]
    assert traces == ["0af7651916cd43dd8448eb211c80319c"] * 2 + [None] * 2


def test_what_is_less_than_asked_for_is_left_out(log_as: LogAs) -> None:
    stream = log_as("json")
    structlog.get_logger().debug("unheard")
    logging.getLogger("some.library").debug("unheard")
    logging.getLogger("saq").info("unheard")
    assert lines(stream) == []
