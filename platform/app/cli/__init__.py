"""The command ``quire``. Everything heavy is imported by the command that needs it."""

import signal
from types import FrameType
from typing import Any

import click
from click.exceptions import Exit

from app.cli.accounts import create_superuser, keys
from app.cli.data import backup, restore, seed
from app.cli.development import new_module
from app.cli.reports import doctor, modules, openapi
from app.cli.running import check_settings, migrate, serve, up, work
from app.processes import Failure
from kernel.errors import DomainError
from kernel.settings import SettingsError

COMMANDS = (
    *(up, serve, work, migrate, check_settings),
    *(create_superuser, keys),
    *(seed, backup, restore),
    *(doctor, openapi, modules, new_module),
)


class OneLine(click.Group):
    """Commands whose expected failures are one line on stderr: 2 for a setting, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> Any:  # Any: as click declares it
        try:
            return super().invoke(ctx)
        except (SettingsError, Failure, DomainError) as error:
            said = str(error) or (error.title() if isinstance(error, DomainError) else "")
            click.echo(f"quire: {' '.join(said.split())}", err=True)
            ctx.exit(2 if isinstance(error, SettingsError) else 1)
        except (click.ClickException, click.Abort, Exit):
            raise
        except Exception as error:
            from kernel.db import lacks_schema

            if not lacks_schema(error):
                raise
            click.echo("quire: the tables are not those of this code: run `quire migrate`", err=True)
            ctx.exit(1)


@click.group(
    cls=OneLine,
    commands=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
)
@click.version_option(package_name="quire")
def quire() -> None:
    """Quire: accounts, content and notifications in one modular monolith."""


def main() -> None:
    """The entry point."""
    signal.signal(signal.SIGTERM, leave)
    quire(prog_name="quire")


def leave(_: int, __: FrameType | None) -> None:
    """End on SIGTERM the way Ctrl-C does, so that servers of our own are stopped."""
    raise SystemExit(128 + signal.SIGTERM)
