"""The document that clients are generated from."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from app import documents
from tests.architecture.cells import ANYONE
from tests.architecture.test_access import ROWS
from tests.architecture.test_layout import MODULES, ROOT

# Any: JSON

SIGN_UP = "POST /api/v1/auth/register"
"""201, or 202 where existing accounts are hidden."""

OAUTH_REFUSAL = ("POST /api/v1/auth/token", "400")
"""RFC 6749, section 5.2 has a form of its own."""

METHODS = {"get", "put", "post", "delete", "patch"}


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each operation with its address, as in ``GET /api/v1/posts``."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def references(part: Any) -> Iterator[str]:
    """Every ``$ref`` in it."""
    match part:
        case dict():
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            for each in part.values():
                yield from references(each)
        case list():
            for each in part:
                yield from references(each)


DOCUMENT: dict[str, Any] = msgspec.json.decode(documents.openapi())
OPERATIONS = dict(sorted(operations(DOCUMENT)))


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """What a reference leads to."""
    while "$ref" in part:
        place: Any = DOCUMENT
        for key in part["$ref"].removeprefix("#/").split("/"):
            place = place[key]
        part = place
    return part


def test_the_committed_document_is_the_one_that_is_served() -> None:
    committed = ROOT / "openapi.json"
    refresh = "refresh it: just openapi"
    assert committed.exists(), refresh
    assert msgspec.json.decode(committed.read_bytes()) == DOCUMENT, refresh
    assert committed.read_bytes() == documents.openapi(), refresh


def test_it_is_an_openapi_document_without_loose_ends() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert {"title", "version", "description", "license"} <= DOCUMENT["info"].keys()
    assert {reference for reference in references(DOCUMENT) if not resolved({"$ref": reference})} == set()


def test_no_two_operations_share_an_id() -> None:
    ids = [operation["operationId"] for operation in OPERATIONS.values()]
    assert sorted(ids) == sorted(set(ids))
    assert [each for each in ids if not re.fullmatch("[a-z][A-Za-z]+", each)] == []


def test_every_operation_of_a_module_is_described() -> None:
    assert {address for address in ROWS if address.split()[1].startswith("/api/")} - OPERATIONS.keys() == set()


@pytest.mark.parametrize("address", OPERATIONS)
def test_an_operation_says_what_it_does_and_whose_it_is(address: str) -> None:
    operation = OPERATIONS[address]
    (tag,) = operation["tags"]
    assert tag in {*MODULES, "system"}
    assert operation["summary"]
    assert operation["description"]


@pytest.mark.parametrize("address", OPERATIONS)
def test_an_operation_has_one_success_and_every_failure_is_a_problem(address: str) -> None:
    answers = {status: resolved(answer) for status, answer in OPERATIONS[address]["responses"].items()}
    assert len([status for status in answers if status.startswith("2")]) == (2 if address == SIGN_UP else 1)
    failures = {status: answer for status, answer in answers.items() if status >= "400"}
    assert {"400", "429", "500", "503"} <= failures.keys()
    for status, answer in failures.items():
        extra = {"application/json"} if (address, status) == OAUTH_REFUSAL else set()
        assert answer["content"].keys() == {"application/problem+json"} | extra, status
        assert answer["description"], status


@pytest.mark.parametrize("address", OPERATIONS)
def test_an_operation_demands_a_token_exactly_if_strangers_are_refused(address: str) -> None:
    security = OPERATIONS[address].get("security", DOCUMENT["security"])
    demands = security != [] and {} not in security
    assert demands is (ROWS[address][0] != ANYONE)
    if demands:
        assert "401" in OPERATIONS[address]["responses"]


@pytest.mark.parametrize("address", OPERATIONS)
def test_every_parameter_in_a_path_is_described(address: str) -> None:
    described = {
        parameter["name"]
        for parameter in map(resolved, OPERATIONS[address].get("parameters", []))
        if parameter["in"] == "path"
    }
    assert described == set(re.findall(r"\{(\w+)\}", address))


def test_a_form_says_what_is_to_be_filled_in() -> None:
    (media_type,) = (content := OPERATIONS["POST /api/v1/auth/token"]["requestBody"]["content"])
    assert media_type == "application/x-www-form-urlencoded"
    assert content[media_type]["schema"]["required"] == ["grant_type", "username", "password"]
