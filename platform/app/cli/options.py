"""What commands have in common: their options, and what has to be there before they begin."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from kernel.settings import url

F = TypeVar("F", bound=Callable[..., Any])  # Any: whatever a command's options are


def data_dir(command: F) -> F:
    """The option that every command has."""
    path = click.Path(file_okay=False, path_type=Path)
    return click.option("--data-dir", type=path, default=".quire", show_default=True, help="The data folder.")(command)


def listen(command: F) -> F:
    """The options of what serves the API."""
    for option in (
        click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes for the API."),
        click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True),
        click.option("--host", default="127.0.0.1", show_default=True),
    ):
        command = option(command)
    return command


def some_modules(what: str) -> Callable[[F], F]:
    """The option that narrows what a process does."""
    return click.option("--modules", metavar="A,B", help=what)


def choose(modules: str | None) -> None:
    """Tell it to the processes that follow, too."""
    if modules:
        os.environ["QUIRE_SERVE_MODULES"] = modules


@contextmanager
def ready(data_dir: Path) -> Iterator[Mapping[str, str]]:
    """The environment is complete and the database answers; one of our own is also migrated."""
    from app.database import check
    from app.environment import environment
    from app.migrations import upgrade

    ours = not os.environ.get("DATABASE_URL")
    with environment(data_dir, os.environ) as env:
        os.environ.update(env)
        prepare = upgrade if ours else check
        prepare(url("DATABASE_URL", env, "postgresql", "postgres"))
        yield os.environ
