"""The pages for people, and who runs here."""

import os
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from app.module_map import ModuleMap
from app.pages import pages
from app.system import modules_route
from app.version import Version, checked_out, running_version
from tests.app.small_api import client_of

COMMIT = "9ae4bc9b1e6f0123456789abcdef0123456789ab"
LEAVES = ModuleMap(
    name="leaves",
    prefix="/api/v1/leaves",
    routes=("GET /api/v1/leaves", "POST /api/v1/leaves"),
    tables=("leaves.leaves",),
    events_out=("leaves.<bound>",),
)


def write(folder: Path, name: str, subject: str, text: str, age: int) -> None:
    letter = EmailMessage()
    letter["Subject"] = subject
    letter["To"] = "Ada <ada@example.org>"
    letter["Date"] = "Mon, 23 Nov 2026 17:40:00 +0000"
    letter.set_content(text)
    letter.add_alternative("<p>In colour.</p>", subtype="html")
    (folder / name).write_bytes(letter.as_bytes())
    os.utime(folder / name, (1_000_000 - age, 1_000_000 - age))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("not a mail")
    return tmp_path


@pytest.fixture
async def client(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    routes = pages([LEAVES], Version("1.2.3", COMMIT), mailbox=folder)
    async with client_of(Litestar(routes)) as client:
        yield client


async def test_the_front_page_tells_what_runs_and_where_to_go(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert "Version 1.2.3" in page
    assert COMMIT[:12] in page
    for address in ("/schema", "/schema/redoc", "/schema/scalar", "/health/ready", "/jobs", "/dev/mailbox"):
        assert f'href="{address}"' in page
    for fact in ("/api/v1/leaves", "2 routes", "POST /api/v1/leaves", "leaves.leaves", "leaves.&lt;bound&gt;"):
        assert fact in page


@pytest.mark.parametrize("path", ["/", "/dev/mailbox"])
async def test_a_page_brings_its_style_from_here_and_no_script(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script" not in answer.text
    assert "<style" not in answer.text
    stylesheet = answer.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert (await client.get(stylesheet)).headers["content-type"].startswith("text/css")


async def test_the_version_is_there_for_machines(client: httpx.AsyncClient) -> None:
    answer = await client.get("/version")
    assert answer.json() == {"version": "1.2.3", "commit": COMMIT}
    assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
    again = await client.get("/version", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_the_map_of_modules_is_there_for_machines() -> None:
    async with client_of(Litestar([modules_route([LEAVES])])) as client:
        answer = await client.get("/api/v1/system/modules")
        assert [each["name"] for each in answer.json()] == ["leaves"]
        assert answer.headers["cache-control"] == "public, max-age=0, must-revalidate"
        again = await client.get("/api/v1/system/modules", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_there_is_no_mailbox_where_mail_is_sent() -> None:
    async with client_of(Litestar(pages([], Version("1.2.3", None)))) as client:
        assert "/dev/mailbox" not in (await client.get("/")).text
        assert (await client.get("/dev/mailbox")).status_code == 404


async def test_the_newest_mail_comes_first(client: httpx.AsyncClient, folder: Path) -> None:
    write(folder, "b.eml", "Older", "…", age=60)
    write(folder, "a.eml", "Grüße <b>", "…", age=0)
    page = (await client.get("/dev/mailbox")).text
    assert page.index("Grüße &lt;b&gt;") < page.index("Older")
    assert "Ada &lt;ada@example.org&gt;" in page


async def test_a_mail_is_text_whose_links_can_be_followed(client: httpx.AsyncClient, folder: Path) -> None:
    text = "Open\nhttp://test/verify-email?token=a.b-c_d&x=1\n<script>alert(1)</script>"
    write(folder, "a.eml", "Confirm", text, age=0)
    page = (await client.get("/dev/mailbox/a.eml")).text
    assert '<a href="http://test/verify-email?token=a.b-c_d&amp;x=1"' in page
    assert "&lt;script&gt;" in page
    assert "In colour." not in page


@pytest.mark.parametrize("name", ["b.eml", "secret.txt", "..", "..%2fa.eml", "%2e%2e%2fsecret.txt", "a.eml%00", "*"])
async def test_any_other_name_is_unknown(client: httpx.AsyncClient, folder: Path, name: str) -> None:
    write(folder, "a.eml", "Hello", "…", age=0)
    assert (await client.get(f"/dev/mailbox/{name}")).status_code == 404


async def test_an_odd_mail_is_still_listed(client: httpx.AsyncClient, folder: Path) -> None:
    (folder / "odd.eml").write_bytes(b"\xff\xfe not a mail at all")
    assert "(no subject)" in (await client.get("/dev/mailbox")).text
    assert (await client.get("/dev/mailbox/odd.eml")).status_code == 200


def test_the_environment_names_the_commit_of_an_image() -> None:
    assert running_version({"QUIRE_COMMIT": COMMIT}).commit == COMMIT


@pytest.mark.parametrize(
    ("files", "commit"),
    [
        ({"HEAD": COMMIT}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "refs/heads/main": COMMIT}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main\n"}, COMMIT),
        ({"HEAD": "ref: refs/heads/main", "packed-refs": f"{COMMIT} refs/heads/other\n"}, None),
        ({"HEAD": "ref: refs/heads/unborn"}, None),
        ({}, None),
    ],
)
def test_a_checkout_names_its_commit(tmp_path: Path, files: dict[str, str], commit: str | None) -> None:
    for name, text in files.items():
        file = tmp_path / ".git" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n")
    assert checked_out(tmp_path) == commit
