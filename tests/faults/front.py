"""The nginx of `platform/deploy`, as its image would run it, in front of instances on this machine."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from app.processes import free_port
from tests.app.children import eventually
from tests.architecture.test_layout import ROOT

TEMPLATE = ROOT / "platform/deploy/nginx/default.conf.template"
UPSTREAM = str(
    yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["nginx"]["environment"]["QUIRE_UPSTREAM"]
)
BALANCER = "127.0.0.9"
AROUND = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/quire.conf;
}}
"""
"""What the image has around it, in a folder of the test's own."""


@contextmanager
def front(folder: Path, host: str, instances: Sequence[str]) -> Iterator[int]:
    """The port of an nginx that answers to ``host`` in front of these addresses."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed")
    port = free_port()
    values = {
        "QUIRE_LISTEN": f"127.0.0.1:{port}",
        "QUIRE_HOST": host,
        "QUIRE_BALANCER": BALANCER,
        "QUIRE_UPSTREAM": "".join(UPSTREAM.replace("api:8000", urlsplit(each).netloc) for each in instances),
    }
    folder.mkdir()
    (folder / "quire.conf").write_text(re.sub(r"\$\{(QUIRE_\w+)\}", lambda name: values[name[1]], TEMPLATE.read_text()))
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
    with subprocess.Popen([program, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]) as process:
        try:
            eventually(lambda: process.poll() is not None or listens(port), 5)
            yield port
        finally:
            process.terminate()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
