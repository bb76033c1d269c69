"""The documentation pages: complete, from this server alone, and under a strict policy."""

import re
import tomllib
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import httpx
import msgspec
import pytest

import app.docs
from tests.app.small_api import client_of, small_api

PAGES = ["/schema", "/schema/swagger", "/schema/redoc", "/schema/scalar"]
ASSETS = Path(app.docs.__file__).parent / "assets"
VENDORED = tomllib.loads((ASSETS / "VENDORED.toml").read_text())["package"]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(small_api()) as client:
        yield client


@pytest.mark.parametrize("path", [*PAGES, "/schema/openapi.json", "/schema/openapi.yaml"])
async def test_every_address_answers_itself(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("path", [*PAGES, "/schema/openapi.json", "/schema/openapi.yaml"])
async def test_who_has_it_already_hears_only_that(client: httpx.AsyncClient, path: str) -> None:
    first = await client.get(path)
    assert first.headers["cache-control"] == "public, max-age=0, must-revalidate"
    tag = first.headers["etag"]
    assert tag.startswith('"')
    again = await client.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path, headers={"If-None-Match": '"0-another"'})).content == first.content


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_names_no_other_server_and_holds_no_script(client: httpx.AsyncClient, path: str) -> None:
    page = (await client.get(path)).text
    assert "//" not in page
    assert re.findall(r"<script(?![^>]* src=)", page) == []
    assert "<style" not in page
    assert "<title>Leaves &amp; &lt;Sheets&gt;: " in page


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_permits_this_server_only(client: httpx.AsyncClient, path: str) -> None:
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in (await client.get(path)).headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert ("'unsafe-inline'" in policy["style-src"]) == (path in {"/schema/redoc", "/schema/scalar"})


@pytest.mark.parametrize("path", PAGES)
async def test_what_a_page_loads_may_be_kept_for_ever(client: httpx.AsyncClient, path: str) -> None:
    addresses = re.findall(r'(?:src|href)="(/schema/assets/[^"]+)"', (await client.get(path)).text)
    assert len(addresses) >= 3
    for address in addresses:
        answer = await client.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
        assert "immutable" in answer.headers["cache-control"]
        assert sha256(answer.content).hexdigest().startswith(address.split("/")[-2])


@pytest.mark.parametrize(
    "path",
    [
        "/schema/assets/0000000000000000/reader.css",
        "/schema/assets/VENDORED.toml",
        "/schema/assets/x/..%2f..%2fconfig.py",
        "/schema/nothing",
    ],
)
async def test_there_is_nothing_else(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"  # that of any unknown address, not a page of Litestar's


async def test_the_document_is_the_same_in_both_notations(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/leaves", "/leaves/{number}"}
    assert document["paths"]["/leaves"]["post"]["description"] == "Nothing gets lost."
    assert document == msgspec.yaml.decode((await client.get("/schema/openapi.yaml")).content)


async def test_a_reader_may_sign_in(client: httpx.AsyncClient) -> None:
    document = (await client.get("/schema/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    assert "qpat_" in schemes["BearerToken"].pop("description")
    assert schemes["BearerToken"] == {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    assert schemes["Password"]["flows"]["password"]["tokenUrl"] == "/token"
    assert document["security"] == [{"BearerToken": []}, {"Password": []}]


@pytest.mark.parametrize("package", VENDORED, ids=lambda package: str(package["name"]))
def test_vendored_files_are_what_their_list_says(package: dict[str, str | dict[str, str]]) -> None:
    folder = ASSETS / str(package["folder"])
    assert {file.name: sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()} == package["sha256"]
    assert (folder / "LICENSE").is_file()


def test_the_list_is_complete() -> None:
    assert {file.name for file in ASSETS.iterdir() if file.is_dir()} == {"own", *(each["folder"] for each in VENDORED)}
