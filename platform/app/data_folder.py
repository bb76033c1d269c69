"""Files that only their owner may read, and locks that end with the processes that hold them."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.processes import Failure, wait_until


@contextmanager
def usable(folder: Path) -> Iterator[None]:
    """What the system refuses in ``folder`` becomes a `Failure`."""
    try:
        yield
    except OSError as error:
        raise Failure(f"{folder.absolute()} cannot be used: {(error.strerror or str(error)).lower()}") from None


def private_folder(path: Path) -> Path:
    """``path``, absolute, existing, and closed to others if it is new."""
    with usable(path):
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path.resolve()


def kept_secret(path: Path) -> str:
    """The 32 random bytes in ``path``, as text: made by whoever asks first, the same for everybody from then on."""
    with usable(path.parent):
        with suppress(FileNotFoundError):
            return path.read_text()
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        draft.touch(0o600)
        draft.write_text(secrets.token_urlsafe(32))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        return path.read_text()


@contextmanager
def locked(path: Path, patience: float, otherwise: str) -> Iterator[int]:
    """Hold the lock ``path``; after ``patience`` seconds without it raise `Failure` with the text ``otherwise``.

    Yields the open file. A child that inherits it keeps the lock for as long as it, or a child of its own, lives.
    """
    with usable(path.parent):
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        wait_until(lambda: acquired(lock), patience, otherwise)
        yield lock
    finally:
        os.close(lock)


def acquired(lock: int) -> bool:
    """Try once."""
    with suppress(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False
