"""The pages that links in mails lead to, in a real browser, against the whole product."""

from pathlib import Path

import pytest

from tests.app.chromium import chromium
from tests.journeys.up import quire_up
from tests.mails import mails_to
from tests.running import PASSWORD, People, eventually

pytestmark = pytest.mark.browser
NEW = "another correct horse"


async def test_a_forgotten_password_is_replaced_on_the_page_of_the_link(tmp_path: Path) -> None:
    async with quire_up(tmp_path / "data") as up:
        people = People(up.http)
        ada = await people.join("Ada")
        await up.http.post("/api/v1/auth/password/forgot", json={"email": ada.email})
        mailbox = tmp_path / "data" / "mail"

        def links() -> list[str]:
            return [mail.link for mail in mails_to(mailbox, ada.email) if "reset-password" in mail.text]

        await eventually(links)
        [link] = links()
        with chromium() as tab:
            tab.open(link)
            tab.wait_for("document.querySelector('input[name=password]')")
            tab.evaluate("document.querySelector('input').focus()")
            tab.type("1234567890")
            tab.evaluate("document.querySelector('form').requestSubmit()")
            tab.wait_for("document.querySelector('output').textContent.includes('most common')")
            tab.evaluate("document.querySelector('input').value=''")
            tab.type(NEW)
            tab.evaluate("document.querySelector('form').requestSubmit()")
            tab.wait_for("document.querySelector('output').textContent.includes('is saved')")
        await people.sign_in(ada.email, NEW)
        refused = await up.http.post("/api/v1/auth/login", json={"email": ada.email, "password": PASSWORD})
        assert refused.status_code == 401
