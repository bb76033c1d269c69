"""Everything on this machine: servers, migrations, API and worker under one parent."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

import modules
from app import processes
from app.data_folder import private_folder
from app.embedded import Postgres, Server, Valkey
from app.environment import lacks_servers, ownership, share, with_defaults
from app.processes import Command, Failure
from app.serving import address, listening, loopback
from app.supervisor import Program, Service, keep_running

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

OWNERSHIP_PATIENCE = 3.0
"""Seconds in which another command may finish with the data folder."""

GRACE = 25.0
"""Seconds for the API and the worker to finish what they are doing."""

SAME_CTRL_C = 0.5
"""Seconds in which a second signal is the first one, passed on by whoever started us."""


def up(data_dir: Path, host: str, port: int, workers: int) -> None:
    """Run until SIGINT, SIGTERM or SIGHUP, then stop everything in order; a second signal hurries.

    Raises `Failure` or `SettingsError`, or `SystemExit` where a child has already said what is wrong.
    """
    orphaned = left_by_uv()
    with until_interrupted(), ExitStack() as stack:
        listening(host, port).close()  # before anything is started
        here = {"QUIRE_PUBLIC_URL": address(host, port), "QUIRE_HTTP_DRAIN": "0"}  # nobody balances
        env = with_defaults(data_dir, {**here, **os.environ})
        os.environ.pop("QUIRE_SUPERUSER_PASSWORD", None)  # the API alone makes a superuser: no server inherits it
        if concerns_modules(env):
            run("check-settings", env)
        folder = data_dir.absolute()
        servers: list[Server] = []
        if lacks_servers(env):
            stack.enter_context(ownership(private_folder(folder), OWNERSHIP_PATIENCE))
            servers = start_servers(folder, env, stack)
        run("migrate", env)
        if servers:
            share(folder, env)
        listen = ["--host", host, "--port", str(port), "--workers", str(workers)]
        api = Program("the API", quire("serve", *listen), env, lambda: answers(host, port))
        worker = Program("the worker", quire("work"), {**env, "QUIRE_SUPERUSER_PASSWORD": ""})
        stack.callback(stop, api, worker)

        def announce(service: Service) -> None:
            if service is api:
                print_addresses(address(host, port), folder, env)

        keep_running(servers, [api, worker], announce, orphaned)


def start_servers(folder: Path, env: dict[str, str], stack: ExitStack) -> list[Server]:
    """Those that ``env`` lacks, and their addresses in ``env``. PostgreSQL is the last to stop."""
    missing = {
        name: server
        for name, server in (("DATABASE_URL", Postgres(folder / "postgres")), ("REDIS_URL", Valkey(folder / "valkey")))
        if name not in env
    }
    for name, server in missing.items():
        stack.callback(server.stop)
        server.spawn()
        env[name] = server.url
    for server in missing.values():
        server.wait()
    return list(missing.values())


def concerns_modules(env: Mapping[str, str]) -> bool:
    """Whether a module is configured at all: without that, to load them all would be a second or two for nothing."""
    sections = tuple(f"QUIRE_{folder.name.upper()}_" for folder in Path(modules.__file__).parent.iterdir())
    return any(name.startswith(sections) for name in env)


def run(command: str, env: Mapping[str, str]) -> None:
    """In a process of its own: what it imports is no burden for one that stays. What is wrong, it says itself."""
    dying_with_parent = processes.dying_with_parent(quire(command), signal.SIGKILL)
    code = subprocess.run(dying_with_parent, env=env, start_new_session=True).returncode  # noqa: S603 - a command of ours
    if code > 0:
        raise SystemExit(code)
    if code:
        raise Failure(f"quire {command} was killed")


def stop(*programs: Program) -> None:
    """All at once."""
    running = [program.process for program in programs if program.process]
    processes.stop(running, signal.SIGTERM, GRACE)


def quire(*arguments: str) -> Command:
    """One of our own commands; ``-P`` keeps the current folder from hiding a package."""
    return [sys.executable, "-P", "-m", "app", *arguments]


def answers(host: str, port: int) -> bool:
    """Whether HTTP is spoken there. What is said does not matter: the host name may be one that is refused."""
    connection = http.client.HTTPConnection(loopback(host), port, timeout=1)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def print_addresses(url: str, folder: Path, env: Mapping[str, str]) -> None:
    """What a person wants to open first."""
    places = {"API": url, "Docs": f"{url}/schema", "Data": folder}
    scheme, _, mails = env.get("QUIRE_MAIL_URL", "").partition(":")
    if scheme == "file":
        places["Mails"] = f"{url}/dev/mailbox, from {mails}"
    print(
        "Quire is up. Ctrl-C stops it.",
        *(f"  {name:<6}{place}" for name, place in places.items()),
        sep="\n",
        flush=True,
    )


@contextmanager
def until_interrupted() -> Iterator[None]:
    """A signal that asks us to stop raises KeyboardInterrupt, which ends here; after that nobody can interrupt us."""
    last = -SAME_CTRL_C

    def interrupt(_: int, __: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > SAME_CTRL_C:
            last = time.monotonic()
            raise KeyboardInterrupt

    for number in STOPPING:
        signal.signal(number, interrupt)
    with suppress(KeyboardInterrupt):
        yield
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def left_by_uv() -> Callable[[], bool]:
    """Whether `uv run` started us and is no more: killed, it passes nothing on."""
    parent = os.getppid()
    with suppress(OSError):
        if Path(f"/proc/{parent}/comm").read_text().strip() == "uv":
            return lambda: os.getppid() != parent
    return lambda: False
