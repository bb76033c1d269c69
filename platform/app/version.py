"""What exactly is running."""

from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import msgspec


class Version(msgspec.Struct, frozen=True):
    """The release, and the commit it was built from where that is known."""

    version: str
    commit: str | None


def running_version(env: Mapping[str, str]) -> Version:
    """The installed release; ``QUIRE_COMMIT`` names the commit, else the checkout that this file lies in."""
    return Version(metadata.version("quire"), env.get("QUIRE_COMMIT") or checked_out(Path(__file__).parents[2]))


def checked_out(root: Path) -> str | None:
    """The commit that ``root`` has checked out, read without running git; None where there is nothing to read."""
    git = root / ".git"
    try:
        head = (git / "HEAD").read_text().strip()
        branch = head.removeprefix("ref: ")
        if branch == head:
            return head
        if (git / branch).is_file():
            return (git / branch).read_text().strip()
        packed = (line.partition(" ") for line in (git / "packed-refs").read_text().splitlines())
        return next((commit for commit, _, name in packed if name == branch), None)
    except OSError:
        return None
