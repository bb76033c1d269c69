"""One round: wrk against one process, after a look at whether it answers what it should."""

import re
import secrets
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from app.processes import Failure
from tests.load.servers import ASKING, Name, Process

CONNECTIONS = 48
SCRIPTS = Path(__file__).with_name("wrk")


class Request(msgspec.Struct, frozen=True):
    """One request."""

    path: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = {}

    def line(self) -> str:
        """For `requests.lua`."""
        typed = {"Content-Type": "application/json"} if self.body else {}
        headers = [f"{name}: {value}" for name, value in {**self.headers, **typed}.items()]
        return "\t".join([self.method, self.path, self.body.decode(), *headers])


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """Requests to one process, over and over, and what it must answer."""

    name: str
    process: Name
    requests: Sequence[Request]
    status: int = 200
    fields: frozenset[str] = frozenset()
    """Of the answer, or of each of the twenty items that it lists."""
    cold: bool = False
    """With nothing in Redis."""
    people: Sequence[str] = ()
    """Whose refresh tokens are exchanged, each good for one request; a round begins with new ones."""

    def __str__(self) -> str:
        return f"{self.process}, {self.name}"


class Round(msgspec.Struct, frozen=True):
    """What came out."""

    per_second: float
    p99_ms: float
    requests: int
    cpu_us: float = 0.0
    """Of the process, for each request: suffers less from what else a machine does."""


def check(process: Process, series: Series) -> None:
    """Raise `Failure` unless the first request and the last are answered as they should be."""
    for request in (series.requests[0], series.requests[-1]):
        typed = {"Content-Type": "application/json"} if request.body else {}
        answer = process.http.request(
            request.method, request.path, content=request.body, headers={**request.headers, **typed}
        )
        if answer.status_code != series.status:
            raise Failure(f"{series}: {answer.status_code} {answer.text}")
        if answer.content and (lacking := series.fields - named(answer.json())):
            raise Failure(f"{series}: the answer lacks {', '.join(sorted(lacking))}")


def named(value: Any) -> frozenset[str]:  # Any: JSON
    """The fields of a resource, or those that all of twenty have."""
    items = value if isinstance(value, list) else value.get("items", [value])
    listed = value is not items and len(items) == 1
    return frozenset.intersection(*map(frozenset, items)) if listed or len(items) == 20 else frozenset()


def attack(process: Process, series: Series, seconds: int, folder: Path) -> Round:
    """One round; raises `Failure` for every answer but 2xx and 304."""
    if series.people:
        script, argument = "refresh.lua", series.requests[0].path
        lines = [process.log_in(email)["refresh_token"] for email in series.people]
    else:
        script, argument = "requests.lua", secrets.token_hex(8)
        lines = [request.line() for request in series.requests]
    file = folder / "requests"
    file.write_text("\n".join(lines))
    core = ["taskset", "--cpu-list", str(ASKING)]
    options = ["--latency", "--timeout", "10s", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPTS / script)]
    command = [*core, "wrk", *options, process.address, "--", str(file), argument]
    before = process.cpu()
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    result = read(said.stdout + said.stderr, str(series))
    return msgspec.structs.replace(result, cpu_us=1e6 * (process.cpu() - before) / result.requests)


def read(text: str, what: str) -> Round:
    """What wrk says; raises `Failure` unless all went well."""
    speed = re.search(r"Requests/sec: +([\d.]+)", text)
    p99 = re.search(r"99% +([\d.]+)(us|ms|s)\b", text)
    count = re.search(r"(\d+) requests in", text)
    wrong = re.search(r"Non-2xx.*|Socket errors.*|.*\.lua:.*", text)
    if speed is None or p99 is None or count is None or wrong is not None:
        raise Failure(f"{what}: {wrong[0] if wrong else text}")
    return Round(float(speed[1]), float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]], int(count[1]))
