"""What a mail says: a few paragraphs and at most one thing to do. The same words make its text and its HTML part."""

from collections.abc import Awaitable, Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import TypeAlias

import msgspec
from jinja2 import Environment, PackageLoader, Template

from kernel.db import utc_now
from kernel.mail.ledger import Mail
from kernel.unit_of_work import UnitOfWork


class Link(msgspec.Struct, frozen=True):
    """The one thing to do."""

    label: str
    url: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Subject and words. ``link`` is the first link of the text part."""

    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None
    headers: Mapping[str, str] = {}


Compose: TypeAlias = Callable[[Mail, UnitOfWork], Awaitable[Letter | None]]
"""Writes a letter when it is sent, so that its tokens are stored nowhere; nothing if it is not wanted any more."""


@cache
def html() -> Template:
    """The layout of every mail."""
    return Environment(loader=PackageLoader("kernel.mail", "."), autoescape=True).get_template("letter.html")


def one_line(text: str) -> str:
    """A header's value: a line break in it would start another header (CVE-2024-6923)."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def to_message(letter: Letter, mail: Mail, *, sender: str, domain: str) -> EmailMessage:
    """RFC 5322, text before HTML. The ``Message-ID`` is the ledger's: a repeated delivery is known as the same mail."""
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(name, addr_spec=address)
    user, _, host = mail.recipient.rpartition("@")
    message["To"] = Address(username=user, domain=host)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for header, value in letter.headers.items():
        message[header] = one_line(value)
    parts = [*letter.paragraphs[:1], *([letter.link.url] if letter.link else []), *letter.paragraphs[1:]]
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    message.add_alternative(html().render(letter=letter), subtype="html", cte="quoted-printable")
    return message
