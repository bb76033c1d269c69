"""The environment of a command, completed with what need not be configured in development."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.data_folder import kept_secret, locked, private_folder
from app.embedded import Servers
from app.processes import Failure
from kernel.settings import KernelSettings

PLACEHOLDERS = {"DATABASE_URL": "postgresql://localhost/quire", "REDIS_URL": "redis://localhost"}
"""For a command that needs settings, but no servers."""

SHARED = (*PLACEHOLDERS, "QUIRE_PUBLIC_URL")
"""What a `quire up` tells other commands: its servers, and where people reach it (tokens and mails say so, too)."""

PATIENCE = 30.0
"""Seconds to wait for another command that has servers of its own, or for a `quire up` that is starting."""


@contextmanager
def environment(data_dir: Path, env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """All variables a command needs, for the time it takes. Raises `SettingsError` or `Failure`.

    What is set stays. Otherwise, except in production: the servers of the `quire up` that runs in ``data_dir``, or
    servers of its own; a secret key that is made once and kept; mails that are files.
    """
    complete = with_defaults(data_dir, env)
    if lacks_servers(complete):
        with servers(private_folder(data_dir)) as addresses:
            yield addresses | complete
    else:
        yield complete


def with_defaults(data_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """``env`` without what is empty, and with everything but servers; what is wrong in it raises `SettingsError`."""
    complete = {name: value for name, value in env.items() if value}
    if complete.get("QUIRE_ENV", "development") not in {"development", "test"}:
        KernelSettings.from_env(complete)
        return complete
    if "QUIRE_SECRET_KEY" not in complete:
        complete["QUIRE_SECRET_KEY"] = kept_secret(private_folder(data_dir) / "secret_key")
    if "QUIRE_MAIL_URL" not in complete:
        complete["QUIRE_MAIL_URL"] = f"file:{private_folder(data_dir) / 'mail'}"
    KernelSettings.from_env(PLACEHOLDERS | complete)
    return complete


def lacks_servers(complete: Mapping[str, str]) -> bool:
    """Whether a server of our own is needed."""
    return any(name not in complete for name in PLACEHOLDERS)


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """The addresses of servers that run in ``folder``: shared by a `quire up`, else started for the time being."""
    deadline = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(ownership(folder, patience=0))
                break
            except Failure:
                if addresses := shared(folder):
                    yield addresses
                    return
                if time.monotonic() > deadline:
                    raise
            time.sleep(0.1)
        own = stack.enter_context(Servers(folder))
        yield {"DATABASE_URL": own.database_url, "REDIS_URL": own.redis_url}


@contextmanager
def ownership(folder: Path, patience: float) -> Iterator[None]:
    """Be the one whose servers run in ``folder``; raises `Failure` where another is."""
    shares = folder / "servers.json"
    with locked(folder / "lock", patience, f"another quire runs on the data folder {folder}"):
        shares.unlink(missing_ok=True)  # of somebody who was killed
        try:
            yield
        finally:
            shares.unlink(missing_ok=True)


def share(folder: Path, env: Mapping[str, str]) -> None:
    """Let other commands use our servers, and be reached where we are."""
    draft = folder / "servers.json.new"
    draft.touch(0o600)
    draft.write_text(json.dumps({name: env[name] for name in SHARED}))
    draft.rename(folder / "servers.json")


def shared(folder: Path) -> dict[str, str]:
    """What the owner of ``folder`` shares; empty while it shares nothing."""
    try:
        addresses: dict[str, str] = json.loads((folder / "servers.json").read_text())
    except FileNotFoundError:
        return {}
    return addresses
