"""The two ways out: an SMTP server, or a folder with one RFC 5322 file a message."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import aiosmtplib

from kernel.settings import MailSettings

Transport: TypeAlias = Callable[[EmailMessage], Awaitable[None]]
"""Returns when the message is in other hands; raises `MailRefused` if it never will be."""


PORTS = {"smtp": 25, "smtps": 465}

PATIENCE = 1.0
"""Seconds for a server to take a connection, when it is only asked whether it would."""


class MailRefused(Exception):
    """The server said no for good (RFC 5321, 4.2.1: a 5yz reply)."""


def open_transport(mail_url: str, settings: MailSettings) -> Transport:
    """The way out that ``QUIRE_MAIL_URL`` names; nothing is opened yet."""
    return to_folder(mail_url) if mail_url.startswith("file:") else to_server(mail_url, settings)


def folder_of(mail_url: str) -> Path:
    """The folder of ``file:DIR``."""
    return Path(unquote(urlsplit(mail_url).path))


async def takes_mail(mail_url: str) -> bool:
    """Whether there is a way out now: a folder that can be written to, or made; a server that takes connections."""
    url = urlsplit(mail_url)
    if url.scheme == "file":
        folder = folder_of(mail_url).absolute()
        there = next(place for place in (folder, *folder.parents) if place.exists())
        return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(url.hostname, url.port or PORTS[url.scheme])
    except OSError:  # a TimeoutError is one
        return False
    writer.close()
    return True


def to_folder(mail_url: str) -> Transport:
    """One file a message, named after its ``Message-ID``: complete or absent, and sent twice it is still one."""
    folder = folder_of(mail_url)

    def write(message: EmailMessage) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = message["Message-ID"].strip("<>").partition("@")[0]
        draft = folder / f".{name}.draft"
        draft.write_bytes(message.as_bytes())
        os.replace(draft, folder / f"{name}.eml")

    async def send(message: EmailMessage) -> None:
        await asyncio.to_thread(write, message)

    return send


def to_server(mail_url: str, settings: MailSettings) -> Transport:
    """``smtp:`` uses STARTTLS where the server offers it, ``smtps:`` is encrypted from the first byte."""
    url = urlsplit(mail_url)

    async def send(message: EmailMessage) -> None:
        recipient = message["To"].addresses[0].addr_spec
        if not recipient.isascii():
            raise MailRefused("a local part that is not ASCII needs SMTPUTF8 (RFC 6531), which few servers pass on")
        try:
            async with asyncio.timeout(2 * settings.timeout):
                await aiosmtplib.send(
                    message.as_bytes(),  # our own: a message object would be folded anew
                    sender=message["From"].addresses[0].addr_spec,
                    recipients=[recipient],
                    hostname=url.hostname,
                    port=url.port,
                    username=unquote(url.username) if url.username else None,
                    password=unquote(url.password) if url.password else None,
                    use_tls=url.scheme == "smtps",
                    timeout=settings.timeout,
                )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refused.code >= 500 for refused in error.recipients):
                raise MailRefused(str(error.recipients[0])) from error
            raise
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= 500 and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
                raise MailRefused(str(error)) from error
            raise

    return send
