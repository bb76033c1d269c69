"""Signing in on the page of the API, in a real browser, with an address and a password."""

import json
from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from app.asgi import build
from tests.app.chromium import Tab, chromium
from tests.app.small_api import served
from tests.running import PASSWORD

pytestmark = pytest.mark.browser

FIELD = "document.querySelector('#{}')"
FORM = "document.querySelector('#oauth_password').closest('.auth-container')"


@pytest.fixture
def address(env: dict[str, str]) -> Iterator[str]:
    """The whole product."""
    with served(build(env)) as address:
        yield address


def fill(tab: Tab, field: str, text: str) -> None:
    tab.wait_for(FIELD.format(field))
    tab.evaluate(FIELD.format(field) + ".focus()")
    tab.type(text)


def test_authorize_takes_an_address_and_a_password_and_the_page_is_signed_in(address: str) -> None:
    person = {"email": f"{uuid4().hex}@example.org", "password": PASSWORD, "name": "Ada"}
    httpx.post(f"{address}/api/v1/auth/register", json=person).raise_for_status()
    with chromium() as tab:
        tab.open(f"{address}/schema")
        tab.wait_for("document.querySelector('.btn.authorize')")
        tab.evaluate("document.querySelector('.btn.authorize').click()")
        fill(tab, "oauth_username", person["email"])
        fill(tab, "oauth_password", PASSWORD)
        tab.evaluate(FORM + ".querySelector('button.authorize').click()")
        tab.wait_for("localStorage.authorized?.includes('access_token')")
        token = json.loads(tab.evaluate("localStorage.authorized"))["Password"]["token"]["access_token"]
        answer = tab.evaluate(
            "(() => {const asked = new XMLHttpRequest(); asked.open('GET', '/api/v1/users/me', false);"
            f"asked.setRequestHeader('Authorization', 'Bearer {token}'); asked.send(); return asked.responseText}})()"
        )
        assert json.loads(answer)["email"] == person["email"]
        assert tab.errors == []


def test_a_wrong_password_is_told_on_the_page(address: str) -> None:
    with chromium() as tab:
        tab.open(f"{address}/schema")
        tab.wait_for("document.querySelector('.btn.authorize')")
        tab.evaluate("document.querySelector('.btn.authorize').click()")
        fill(tab, "oauth_username", "nobody@example.org")
        fill(tab, "oauth_password", "a wrong password")
        tab.evaluate(FORM + ".querySelector('button.authorize').click()")
        tab.wait_for(FORM + "?.innerText.includes('Bad Request')")
        assert "access_token" not in (tab.evaluate("localStorage.authorized") or "")
