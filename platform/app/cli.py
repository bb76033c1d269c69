"""The command ``quire``. Everything heavy is imported by the command that needs it."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar
from uuid import UUID

import click

from app.processes import Failure
from kernel.errors import DomainError
from kernel.settings import SettingsError, url

F = TypeVar("F", bound=Callable[..., Any])  # Any: whatever a command's options are


class OneLine(click.Group):
    """Commands whose expected failures are one line on stderr: 2 for a setting, 1 for the rest."""

    def invoke(self, ctx: click.Context) -> Any:  # Any: as click declares it
        try:
            return super().invoke(ctx)
        except (SettingsError, Failure, DomainError) as error:
            said = str(error) or (error.title() if isinstance(error, DomainError) else "")
            click.echo(f"quire: {' '.join(said.split())}", err=True)
            ctx.exit(2 if isinstance(error, SettingsError) else 1)


def main() -> None:
    """The entry point."""
    signal.signal(signal.SIGTERM, leave)
    quire(prog_name="quire")


def leave(_: int, __: FrameType | None) -> None:
    """End on SIGTERM the way Ctrl-C does, so that servers of our own are stopped."""
    raise SystemExit(128 + signal.SIGTERM)


def data_dir(command: F) -> F:
    """The option that every command has."""
    path = click.Path(file_okay=False, path_type=Path)
    return click.option("--data-dir", type=path, default=".quire", show_default=True, help="Where data are kept.")(
        command
    )


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


@click.group(cls=OneLine, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="quire")
def quire() -> None:
    """Quire: accounts, content and notifications in one modular monolith."""


@quire.command()
@listen
@data_dir
def up(data_dir: Path, host: str, port: int, workers: int) -> None:
    """Run everything on this machine until Ctrl-C."""
    from app.up import up

    up(data_dir, host, port, workers)


@quire.command()
@listen
@some_modules("Serve only the routes of these modules.")
@data_dir
def serve(data_dir: Path, host: str, port: int, workers: int, modules: str | None) -> None:
    """Serve the API."""
    from app.serving import listening, serve

    with listening(host, port) as listener, ready(data_dir):
        choose(modules)
        serve(listener, workers)


@quire.command()
@some_modules("Do only the jobs of these modules.")
@data_dir
def work(data_dir: Path, modules: str | None) -> None:
    """Do what the API leaves for later."""
    with ready(data_dir):
        choose(modules)
        from app.worker import main

        main()


@quire.command()
@data_dir
def migrate(data_dir: Path) -> None:
    """Bring the database to the newest schema. Any number of replicas may do it at once."""
    from app.environment import environment
    from app.migrations import upgrade

    with environment(data_dir, os.environ) as env:
        os.environ.update(env)
        upgrade(url("DATABASE_URL", env, "postgresql", "postgres"))


@quire.command(hidden=True)
@data_dir
def check_settings(data_dir: Path) -> None:
    """Say what is wrong with the settings of kernel and modules: `quire up` asks before it starts anything."""
    from app.environment import NOWHERE
    from app.registry import modules
    from kernel.settings import KernelSettings

    modules(KernelSettings.from_env({**NOWHERE, **os.environ}), os.environ)


@quire.command()
@click.option("--email", prompt="E-mail address")
@click.option("--name", prompt="Name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_dir
def create_superuser(data_dir: Path, email: str, name: str, password_stdin: bool) -> None:
    """Create a verified account that may do everything.

    The password is taken from QUIRE_SUPERUSER_PASSWORD, from standard input, or asked for.
    """
    password = os.environ.pop("QUIRE_SUPERUSER_PASSWORD", "")
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password and not sys.stdin.isatty():
        raise Failure("set QUIRE_SUPERUSER_PASSWORD, or use --password-stdin")
    if not password:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with ready(data_dir) as env:
        from app.administration import create_superuser

        create_superuser(env, email=email, name=name, password=password)
    click.echo(f"{email} is a superuser.")


@quire.group()
def keys() -> None:
    """The keys that sign access tokens: the next one is published before it signs."""


@keys.command("list")
@data_dir
def list_keys(data_dir: Path) -> None:
    """Print them, oldest first."""
    with ready(data_dir) as env:
        from app.administration import signing_keys

        for key in signing_keys(env):
            since = f"since {key.signs_since:%Y-%m-%d %H:%M:%S}" if key.signs_since else ""
            click.echo(f"{key.id}  {key.state:<8}  {since}".rstrip())


@keys.command("rotate")
@data_dir
def rotate_keys(data_dir: Path) -> None:
    """Sign with the next key from now on, and publish another one to come after it. Nobody is signed out."""
    with ready(data_dir) as env:
        from app.administration import rotate_signing_keys

        click.echo(f"{rotate_signing_keys(env).id} signs now.")


@keys.command("retire")
@click.argument("key_id", metavar="KID", type=click.UUID)
@data_dir
def retire_key(data_dir: Path, key_id: UUID) -> None:
    """Forget a key that no longer signs; tokens that it has signed are refused."""
    with ready(data_dir) as env:
        from app.administration import retire_signing_key

        retire_signing_key(env, key_id)
    click.echo(f"{key_id} is forgotten.")


@quire.command()
@click.option("--users", type=click.IntRange(2), default=1_000, show_default=True)
@click.option("--posts", type=click.IntRange(0), default=10_000, show_default=True)
@data_dir
def seed(data_dir: Path, users: int, posts: int) -> None:
    """Write demo data: people who follow each other, and their posts."""
    with ready(data_dir) as env:
        from app.seeding import seed

        with click.progressbar(length=0, label="Demo data", file=sys.stderr) as bar:

            def advance(written: int, of: int) -> None:
                bar.length = of
                bar.update(written)

            password = seed(env, users=users, posts=posts, advance=advance)
    click.echo(f"{users} people and {posts} posts. Everybody's password: {password}")


@quire.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_dir
def backup(data_dir: Path, file: Path) -> None:
    """Write everything, as of one moment, into FILE."""
    from app.backup import backup

    with ready(data_dir) as env:
        backup(url("DATABASE_URL", env, "postgresql", "postgres"), file)
    click.echo(f"{file} holds everything. The secret key is not in it, and without that key it is not complete.")


@quire.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.confirmation_option(prompt="Replace everything in the database?")
@data_dir
def restore(data_dir: Path, file: Path) -> None:
    """Replace everything by what is in FILE, and bring it to the newest schema. Stop API and workers before."""
    from app.backup import restore
    from app.migrations import upgrade

    with ready(data_dir) as env:
        database_url = url("DATABASE_URL", env, "postgresql", "postgres")
        restore(database_url, file)
        upgrade(database_url)
        from app.administration import forget_cached

        forget_cached(env)
    click.echo(f"Everything is as it was in {file}.")


@quire.command()
@click.option("--api", type=click.IntRange(0), default=1, show_default=True, help="Processes of the API in all.")
@click.option("--workers", type=click.IntRange(0), default=1, show_default=True, help="Worker processes in all.")
@data_dir
def doctor(data_dir: Path, api: int, workers: int) -> None:
    """Check the set-up, and say what to do: versions, secrets, PostgreSQL, schema, clock, pools, Redis."""
    from app.environment import environment

    with environment(data_dir, os.environ) as env:
        from app.doctor import findings

        found = findings(env, api=api, workers=workers)
    for finding in found:
        click.echo(f"{'ok' if finding.is_well else '!!'}  {finding.about:<15}{finding.text}")
    if not all(finding.is_well for finding in found):
        raise SystemExit(1)


@quire.command()
@click.option("--module", help="Only what this module contributes.")
@data_dir
def openapi(data_dir: Path, module: str | None) -> None:
    """Print the OpenAPI document."""
    from app.documents import openapi

    sys.stdout.buffer.write(openapi(module))


@quire.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@data_dir
def modules(data_dir: Path, as_json: bool) -> None:
    """Print the map of modules: routes, tables, events, tasks, permissions."""
    import msgspec

    from app.documents import module_maps

    maps = module_maps()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(maps), indent=2))
        return
    for each in maps:
        facts = msgspec.to_builtins(each)
        click.secho(f"{facts.pop('name')}  {facts.pop('prefix')}", bold=True)
        for fact, values in facts.items():
            if values:
                click.echo(f"  {fact.replace('_', ' '):<12} " + f"\n{'':15}".join(values))
