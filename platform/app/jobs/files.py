"""The files of SAQ's dashboard, out of its package, with two of its addresses mended and a few lines of ours before."""

import gzip
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.params import FromPath
from saq.web.common import STATIC_PATH

from app.jobs.access import PATH, ours
from kernel.errors import NotFound

MENDED = {
    "root_path + '/'": "root_path",  # its front page has no slash at the end, as nothing here has
    'root_path + "/" ': "root_path ",
    '"/queues/" + job.queue': 'root_path + "/queues/" + job.queue',
}

TRACEBACKS = b"details p{white-space:pre-wrap}"


@cache
def files() -> Mapping[str, tuple[str, bytes]]:
    """Media type and content, by name."""
    script = (STATIC_PATH / "app.js").read_text()
    for theirs, mended in MENDED.items():
        script = script.replace(theirs, mended)
    beginning = Path(__file__).with_name("dashboard.js").read_text()
    return {
        "app.js": ("text/javascript", (beginning + script).encode()),
        "snabbdom.js": ("text/javascript", gzip.decompress((STATIC_PATH / "snabbdom.js.gz").read_bytes())),
        "pico.min.css": ("text/css", gzip.decompress((STATIC_PATH / "pico.min.css.gz").read_bytes()) + TRACEBACKS),
    }


@get(f"{PATH}/static/{{name:str}}", guards=[ours], include_in_schema=False, sync_to_thread=False)
def dashboard_file(name: FromPath[str]) -> Response[bytes]:
    """One of them; not for everybody, like all below this path."""
    if name not in files():
        raise NotFound
    media_type, content = files()[name]
    return Response(content, media_type=media_type)
