"""An SMTP server for tests: takes mails, and refuses or falls silent where it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import msgspec


class Received(msgspec.Struct, frozen=True):
    """A mail as it came in: its envelope and its bytes."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=default)


class Sink(msgspec.Struct):
    """``replies`` replaces what is said to ``CONNECT``, ``MAIL``, ``RCPT``, ``DATA`` or the ``MESSAGE`` after it.

    Nothing at all is said where the reply is empty; ``pause`` seconds go by before anything is.
    """

    port: int = 0
    mails: list[Received] = []
    replies: dict[str, bytes] = {}
    pause: float = 0.0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@asynccontextmanager
async def smtp_sink() -> AsyncGenerator[Sink]:
    """A sink that listens."""
    sink = Sink()
    talks: set[asyncio.Task[None]] = set()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.create_task(converse(sink, reader, writer))
        talks.add(talk)
        talk.add_done_callback(talks.discard)

    server = await asyncio.start_server(welcome, "127.0.0.1", 0)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await server.wait_closed()


async def converse(sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One session (RFC 5321)."""

    async def say(occasion: str, usual: str) -> bool:
        """Whether it was good news."""
        await asyncio.sleep(sink.pause)
        line = sink.replies.get(occasion, usual.encode())
        if line:
            writer.write(line + b"\r\n")
            await writer.drain()
        return line.startswith((b"2", b"3"))

    sender, recipients = "", list[str]()
    try:
        await say("CONNECT", "220 sink")
        while line := (await reader.readline()).decode().strip():
            match line[:4].upper():
                case "EHLO":
                    await say("EHLO", "250-sink\r\n250 8BITMIME")
                case "MAIL" if await say("MAIL", "250 ok"):
                    sender, recipients = line[len("MAIL FROM:") :].split()[0].strip("<>"), []
                case "RCPT" if await say("RCPT", "250 ok"):
                    recipients.append(line[len("RCPT TO:") :].split()[0].strip("<>"))
                case "DATA" if await say("DATA", "354 go on"):
                    raw = await reader.readuntil(b"\r\n.\r\n")
                    if await say("MESSAGE", "250 queued"):
                        plain = raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
                        sink.mails.append(Received(sender, tuple(recipients), plain))
                case "QUIT":
                    await say("QUIT", "221 bye")
                    break
                case "MAIL" | "RCPT" | "DATA":
                    pass
                case _:
                    await say("OTHER", "502 what?")
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()
