"""GET ``/verify-email``, ``/confirm-email`` and ``/reset-password``: where links in mails lead."""

import re
from base64 import b64encode
from hashlib import sha256

import httpx
import pytest
from sqlalchemy import select

from kernel.runtime import Runtime
from modules.auth.models import MailTokenRow
from tests.running import Person

PAGE = "/verify-email"
PAGES = ("/verify-email", "/confirm-email", "/reset-password")


@pytest.mark.parametrize("page", PAGES)
async def test_it_is_a_page_with_a_button(http: httpx.AsyncClient, page: str) -> None:
    answer = await http.get(page, params={"token": "x"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.count("<button") == 1


async def test_opening_it_changes_nothing(http: httpx.AsyncClient, runtime: Runtime, ada: Person) -> None:
    async with runtime.database.unit_of_work() as uow:
        before = (await uow.session.scalars(select(MailTokenRow))).one()
    await http.get(PAGE, params={"token": f"{before.id}.x"})
    async with runtime.database.unit_of_work() as uow:
        assert (await uow.session.scalars(select(MailTokenRow.used_at))).one() is None


@pytest.mark.parametrize("token", ["</script><script>alert(1)</script>", '" onclick="alert(1)', "secret", "😀"])
@pytest.mark.parametrize("page", PAGES)
async def test_it_shows_nothing_of_the_request(http: httpx.AsyncClient, page: str, token: str) -> None:
    assert (await http.get(page, params={"token": token})).content == (await http.get(page)).content


@pytest.mark.parametrize("page", PAGES)
async def test_nothing_but_its_own_script_and_style_runs_on_it(http: httpx.AsyncClient, page: str) -> None:
    answer = await http.get(page)
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(f"<{element}>(.*?)</{element}>", answer.text, re.DOTALL)
        assert policy[directive] == f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"
    assert (policy["default-src"], policy["frame-ancestors"], policy["form-action"]) == ("'none'",) * 3


async def test_its_address_goes_nowhere(http: httpx.AsyncClient) -> None:
    headers = (await http.get(PAGE, params={"token": "x"})).headers
    assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_scanner_may_ask_for_its_head(http: httpx.AsyncClient) -> None:
    answer = await http.head(PAGE, params={"token": "x"})
    assert (answer.status_code, answer.content) == (200, b"")
