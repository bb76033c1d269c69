"""Commands for those who work on the product."""

from pathlib import Path

import click

from app.cli.options import data_dir


@click.command()
@click.argument("name")
@data_dir
def new_module(data_dir: Path, name: str) -> None:
    """Scaffold the module NAME: a slice with code, tests and migrations that passes `just check` at once."""
    from app.scaffold import new_module

    for file in new_module(name):
        click.echo(file)
    click.echo(f"The module {name} is registered. Run `quire migrate` to create its table.")
