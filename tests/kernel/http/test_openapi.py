"""What the OpenAPI document says about failures."""

from typing import Any
from uuid import UUID

import msgspec
import pytest
from litestar import Response, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi import OpenAPIConfig
from litestar.params import FromPath, JSONBody

from kernel.errors import Conflict
from kernel.http.conditional import provide_if_match, resource
from kernel.http.openapi import document_problems
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import public, requires, signed_in
from kernel.versions import IfMatch
from tests.kernel.http.apps import application, talking_to


class ShelfFull(Conflict):
    """The shelf is full."""


class Book(msgspec.Struct, frozen=True):
    title: str


@get("/books", operation_id="listAllBooks", guards=[public])
async def index(request: HttpRequest, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Response[Page[Book]]:
    return listing(request, Page(items=()))


@get("/books/{book_id:uuid}", guards=[public])
async def show(request: HttpRequest, book_id: FromPath[UUID]) -> Response[Book]:
    return resource(request, Book(""), version=1)


@post("/books", guards=[signed_in], opt={"problems": [ShelfFull]})
async def create(data: JSONBody[Book]) -> Book:
    return data


@put("/books/{book_id:uuid}", guards=[requires("books:write")])
async def replace(book_id: FromPath[UUID], data: JSONBody[Book], if_match: NamedDependency[IfMatch]) -> Book:
    return data


@delete("/books/{book_id:uuid}", guards=[signed_in])
async def remove(book_id: FromPath[UUID]) -> None: ...


async def document() -> dict[str, Any]:
    app = application(
        index,
        show,
        create,
        replace,
        remove,
        openapi_config=OpenAPIConfig(title="Books", version="1"),
        on_startup=[document_problems],
        dependencies={"if_match": Provide(provide_if_match, sync_to_thread=False)},
    )
    async with talking_to(app) as client:
        answer = await client.get("/schema/openapi.json")
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("path", "method", "statuses"),
    [
        ("/books", "get", "200 400 422 429 500 503"),
        ("/books/{book_id}", "get", "200 400 404 422 429 500 503"),
        ("/books", "post", "201 400 401 408 409 413 415 422 429 500 503"),
        ("/books/{book_id}", "put", "200 400 401 403 404 408 409 412 413 415 422 429 500 503"),
        ("/books/{book_id}", "delete", "204 400 401 404 408 409 413 422 429 500 503"),
    ],
)
async def test_an_operation_documents_the_failures_of_its_form(path: str, method: str, statuses: str) -> None:
    assert list((await document())["paths"][path][method]["responses"]) == statuses.split()


async def test_every_failure_is_a_problem_document() -> None:
    found = await document()

    def resolved(answer: dict[str, Any]) -> dict[str, Any]:
        shared: dict[str, Any] = found["components"]["responses"]
        return shared[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer

    for item in found["paths"].values():
        assert not {"head", "options"} & item.keys()
        for operation in item.values():
            for status, answer in operation["responses"].items():
                if status >= "400":
                    schemas = {kind: body["schema"] for kind, body in resolved(answer)["content"].items()}
                    assert schemas == {"application/problem+json": {"$ref": "#/components/schemas/Problem"}}
    assert {"Problem", "Violation"} <= found["components"]["schemas"].keys()


async def test_declared_problems_are_named() -> None:
    conflict = (await document())["paths"]["/books"]["post"]["responses"]["409"]
    assert "`shelf_full`: The shelf is full." in conflict["description"]


async def test_a_response_is_documented_as_what_it_carries() -> None:
    found = await document()
    content = found["paths"]["/books/{book_id}"]["get"]["responses"]["200"]["content"]
    assert content == {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}}


async def test_a_summary_is_the_operation_id_in_words() -> None:
    assert (await document())["paths"]["/books"]["get"]["summary"] == "List all books"


async def test_a_precondition_is_documented_as_a_header() -> None:
    parameters = (await document())["paths"]["/books/{book_id}"]["put"]["parameters"]
    assert [each["in"] for each in parameters if each["name"] == "If-Match"] == ["header"]


async def test_without_a_document_nothing_happens() -> None:
    async with talking_to(application(index, on_startup=[document_problems])) as client:
        assert (await client.get("/books")).status_code == 200
