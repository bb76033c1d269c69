"""What a mail says: a few paragraphs and at most one thing to do. The same words make its text and its HTML part."""

from collections.abc import Awaitable, Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import TypeAlias
from unicodedata import normalize

import idna
import msgspec
from jinja2 import Environment, PackageLoader, Template

from kernel.db import utc_now
from kernel.mail.ledger import Mail
from kernel.text import one_line
from kernel.unit_of_work import UnitOfWork

POLICY = SMTP.clone(refold_source="none")
"""What is set raw stays as it is: folding would encode a long URL in ``List-Unsubscribe``, which nobody decodes."""


class Link(msgspec.Struct, frozen=True):
    """The one thing to do."""

    label: str
    url: str


class Unsubscribe(msgspec.Struct, frozen=True, kw_only=True):
    """How to get no more letters like this one: an address that takes a POST (RFC 8058), and a page for people.

    Mail programs offer the first, the HTML part links to the second. The text part does not: a token's link is the
    first link there, so that programs find it.
    """

    one_click: str
    page: Link

    def headers(self) -> Mapping[str, str]:
        """What mail programs make a button of."""
        return {"List-Unsubscribe": f"<{self.one_click}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Subject and words. ``link`` is the first link of the text part."""

    subject: str
    paragraphs: tuple[str, ...]
    link: Link | None = None
    unsubscribe: Unsubscribe | None = None
    headers: Mapping[str, str] = {}


Compose: TypeAlias = Callable[[Mail, UnitOfWork], Awaitable[Letter | None]]
"""Writes a letter when it is sent, so that its tokens are stored nowhere; nothing if it is not wanted any more."""


@cache
def html() -> Template:
    """The layout of every mail."""
    return Environment(loader=PackageLoader("kernel.mail", "."), autoescape=True).get_template("letter.html")


def to_message(letter: Letter, mail: Mail, *, sender: str, domain: str) -> EmailMessage:
    """RFC 5322, text before HTML. The ``Message-ID`` is the ledger's: a repeated delivery is known as the same mail."""
    message = EmailMessage(policy=POLICY)
    name, _, address = sender.rpartition("<")
    message["From"] = Address(one_line(name).strip('" '), addr_spec=address.rstrip(">"))
    user, _, host = normalize("NFKC", mail.recipient).rpartition("@")  # full-width letters are nobody's mailbox
    message["To"] = Address(username=user, domain=host if host.isascii() else idna.encode(host, uts46=True).decode())
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(utc_now())
    message["Message-ID"] = f"<{mail.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    way_out = letter.unsubscribe
    for header, value in {**letter.headers, **(way_out.headers() if way_out else {})}.items():
        message.set_raw(header, one_line(value))
    parts = [*letter.paragraphs[:1], *([letter.link.url] if letter.link else []), *letter.paragraphs[1:]]
    message.set_content("\n\n".join(parts) + "\n", cte="quoted-printable")
    message.add_alternative(html().render(letter=letter), subtype="html", cte="quoted-printable")
    return message
