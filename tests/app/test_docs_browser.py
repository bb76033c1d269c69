"""Every reader of the document works in a real browser, under its policy and without the internet."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.app.chromium import chromium
from tests.app.small_api import served, small_api

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(small_api()) as address:
        yield address


@pytest.mark.parametrize("page", ["/schema", "/schema/swagger", "/schema/redoc", "/schema/scalar"])
def test_a_reader_shows_the_operations_and_calls_nobody(page: str, address: str) -> None:
    with chromium() as tab:
        tab.open(address + page)
        for summary in ("Look a leaf up", "Bind a leaf"):
            tab.wait_for(f"document.body.innerText.includes('{summary}')")
        tab.wait_until_quiet()
        assert tab.errors == []
        called = (urlsplit(url) for url in tab.requests)
        assert {url.netloc for url in called if url.scheme not in {"data", "blob"}} == {urlsplit(address).netloc}


def test_swagger_signs_requests_with_the_token_and_keeps_it(address: str) -> None:
    with chromium() as tab:
        tab.open(f"{address}/schema")
        tab.wait_for("document.querySelector('.btn.authorize')")
        tab.evaluate("document.querySelector('.btn.authorize').click()")
        tab.wait_for("document.querySelector('#auth-bearer-value')")
        tab.evaluate("document.querySelector('#auth-bearer-value').focus()")
        tab.type("a-token")
        tab.evaluate("document.querySelector('#auth-bearer-value').closest('form').requestSubmit()")
        tab.wait_for("localStorage.authorized?.includes('a-token')")
        assert tab.errors == []
