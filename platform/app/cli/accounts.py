"""Commands about who may do what: the first superuser, and the keys that tokens are signed with."""

import os
import sys
from pathlib import Path
from uuid import UUID

import click

from app.cli.options import data_dir, ready
from app.processes import Failure
from kernel.errors import ValidationFailed


@click.command()
@click.option("--email", prompt="E-mail address")
@click.option("--name", prompt="Name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@data_dir
def create_superuser(data_dir: Path, email: str, name: str, password_stdin: bool) -> None:
    """Create a verified account with every permission.

    The password is taken from QUIRE_SUPERUSER_PASSWORD, from standard input, or asked for.
    """
    password, source = os.environ.pop("QUIRE_SUPERUSER_PASSWORD", ""), "QUIRE_SUPERUSER_PASSWORD"
    if password_stdin:
        password, source = sys.stdin.readline().rstrip("\r\n"), "--password-stdin"
    if not password and not sys.stdin.isatty():
        raise Failure("set QUIRE_SUPERUSER_PASSWORD, or use --password-stdin")
    if not password:
        password, source = click.prompt("Password", hide_input=True, confirmation_prompt=True), "Password"
    sources = {"/body/email": "--email", "/body/name": "--name", "/body/password": source}
    with ready(data_dir) as env:
        from app.administration import create_superuser

        try:
            create_superuser(env, email=email, name=name, password=password)
        except ValidationFailed as error:
            wrong = (f"{sources[each.pointer]}: {each.message}" for each in error.violations)
            raise Failure(" ".join(wrong)) from None
    click.echo(f"{email} is a superuser.")


@click.group()
def keys() -> None:
    """Manage the keys that sign access tokens; the next one is published before it is used."""


@keys.command("list")
@data_dir
def list_keys(data_dir: Path) -> None:
    """List the keys, oldest first."""
    with ready(data_dir) as env:
        from app.administration import signing_keys

        for key in signing_keys(env):
            since = f"since {key.signs_since:%Y-%m-%d %H:%M:%S}" if key.signs_since else ""
            click.echo(f"{key.id}  {key.state:<8}  {since}".rstrip())


@keys.command("rotate")
@data_dir
def rotate_keys(data_dir: Path) -> None:
    """Start signing with the next key, and publish its successor. Nobody is signed out."""
    with ready(data_dir) as env:
        from app.administration import rotate_signing_keys

        click.echo(f"{rotate_signing_keys(env).id} is the signing key now.")


@keys.command("retire")
@click.argument("key_id", metavar="KID", type=click.UUID)
@data_dir
def retire_key(data_dir: Path, key_id: UUID) -> None:
    """Delete a key that no longer signs; tokens signed by it are refused."""
    with ready(data_dir) as env:
        from app.administration import retire_signing_key

        retire_signing_key(env, key_id)
    click.echo(f"{key_id} is deleted.")
