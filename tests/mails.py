"""Reading the mails that a test has caused."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec


class Read(msgspec.Struct, frozen=True):
    """A mail as its recipient reads it."""

    subject: str
    text: str

    @property
    def link(self) -> str:
        """The first link in it."""
        found = re.search(r"https?://\S+", self.text)
        assert found, self.text
        return found[0]

    @property
    def token(self) -> str:
        """The one that the link carries."""
        return parse_qs(urlsplit(self.link).query)["token"][0]


def mails_to(mailbox: Path, recipient: str) -> list[Read]:
    """Oldest first."""
    mails = (message_from_bytes(file.read_bytes(), policy=default) for file in sorted(mailbox.glob("*.eml")))
    return [
        Read(mail["Subject"], mail.get_body(("plain",)).get_content().replace("\r\n", "\n"))  # type: ignore[union-attr] # all have one
        for mail in mails
        if mail["To"].addresses[0].addr_spec == recipient
    ]
