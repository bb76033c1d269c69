"""Static files whose addresses change with their content, so that a browser fetches each of them once."""

from hashlib import sha256
from pathlib import Path

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import File

from kernel.security import public

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class Assets:
    """What a browser may fetch of one folder; every other kind of file in there (licences, hashes) stays unserved."""

    def __init__(self, path: str, folder: Path) -> None:
        self._path = path
        files = sorted(file for file in folder.rglob("*") if file.suffix in MEDIA_TYPES)
        self._digests = {file.name: sha256(file.read_bytes()).hexdigest()[:16] for file in files}
        self._files = {(self._digests[file.name], file.name): file for file in files}

    def url(self, name: str) -> str:
        """The address of a file; another content would have another one."""
        return f"{self._path}/{self._digests[name]}/{name}"

    def route(self) -> HTTPRouteHandler:
        """Serves exactly the addresses that `url` gives out."""

        @get(f"{self._path}/{{digest:str}}/{{name:str}}", guards=[public], include_in_schema=False)
        async def asset(digest: FromPath[str], name: FromPath[str]) -> File:
            file = self._files.get((digest, name))
            if file is None:
                raise NotFoundException
            return File(
                file,
                media_type=MEDIA_TYPES[file.suffix],
                content_disposition_type="inline",
                headers={"Cache-Control": "public, max-age=31536000, immutable"},
            )

        return asset
