"""A client that costs little: one keep-alive connection, JSON in, JSON out. The load is not to be its own."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec


class Connection:
    """Requests to one server, one after the other; a broken connection is opened again."""

    def __init__(self, address: str, token: str | None = None) -> None:
        parts = urlsplit(address)
        self._where = (parts.hostname or "", parts.port or 80)
        self._host = parts.netloc
        self._token = f"Authorization: Bearer {token}\r\n" if token else ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()

    async def call(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:  # Any: JSON
        """Status and body; raises `OSError` or `EOFError` when the server goes away."""
        reader, writer = self._streams or await asyncio.open_connection(*self._where)
        self._streams = None
        try:
            return await self._exchange(reader, writer, method, path, body, headers)
        except BaseException:
            writer.close()
            raise

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
    ) -> tuple[int, Any]:  # Any: JSON
        content = b"" if body is None else msgspec.json.encode(body)
        extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        typed = "Content-Type: application/json\r\n" if content else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{self._token}{typed}{extra}"
        writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer.split(b" ", 2)[1])
        length = answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        received = await reader.readexactly(int(length)) if length else b""
        if b"connection: close" in answer:
            writer.close()
        else:
            self._streams = reader, writer
        return status, msgspec.json.decode(received) if received else None
