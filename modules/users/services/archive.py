"""The archive of an export: a ZIP with one JSON file for each thing that a module holds."""

import io
import zipfile
from collections.abc import Mapping

import msgspec

CHUNK = 1_048_576
"""Bytes of a piece; a row of PostgreSQL is written and read as a whole."""


def archive(data: Mapping[str, Mapping[str, object]]) -> bytes:
    """``users/profile.json`` and so on: what each module holds, in a folder of its name."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for module, files in data.items():
            for name, content in files.items():
                body = msgspec.json.format(msgspec.json.encode(content), indent=2)
                file.writestr(f"{module}/{name.removesuffix('.json')}.json", body)
    return packed.getvalue()


def pieces(body: bytes) -> list[bytes]:
    """In order."""
    return [body[start : start + CHUNK] for start in range(0, len(body), CHUNK)]
