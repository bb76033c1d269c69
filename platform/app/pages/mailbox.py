"""The mails of a development machine: written into a folder instead of sent, read here."""

from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from app.pages.html import Html
from kernel.security import public

NEWEST = 200


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, its headers decoded; ``name`` is that of its file."""

    name: str
    subject: str
    sender: str
    to: str
    date: str
    text: str


def mailbox_routes(folder: Path, html: Html) -> Sequence[HTTPRouteHandler]:
    """A list of the newest mails, and each of them. The folder need not exist yet."""

    @get("/dev/mailbox", guards=[public], include_in_schema=False, sync_to_thread=True)
    def listed() -> Response[str]:
        files = newest_first(folder)
        return html.page("mailbox.html", letters=[read(file) for file in files[:NEWEST]], total=len(files))

    @get("/dev/mailbox/{name:str}", guards=[public], include_in_schema=False, sync_to_thread=True)
    def shown(name: FromPath[str]) -> Response[str]:
        file = next((file for file in folder.glob("*.eml") if file.name == name), None)
        if file is None:
            raise NotFoundException
        return html.page("letter.html", letter=read(file))

    return [listed, shown]


def newest_first(folder: Path) -> list[Path]:
    """Whatever is a mail in there, by the time of writing."""
    stamped = ((file.stat().st_mtime_ns, file) for file in folder.glob("*.eml"))
    return [file for _, file in sorted(stamped, reverse=True)]


def read(file: Path) -> Letter:
    """A mail as plain text; one that has none reads as empty."""
    message = message_from_bytes(file.read_bytes(), EmailMessage, policy=default)
    body = message.get_body(("plain",))
    return Letter(
        name=file.name,
        subject=str(message["subject"] or ""),
        sender=str(message["from"] or ""),
        to=str(message["to"] or ""),
        date=str(message["date"] or ""),
        text=body.get_content() if body is not None else "",
    )
