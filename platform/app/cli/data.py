"""Commands about all data at once."""

import sys
from pathlib import Path

import click

from app.cli.options import data_dir, ready
from kernel.settings import url


@click.command()
@click.option("--users", type=click.IntRange(1), default=1_000, show_default=True)
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
    click.echo(f"Wrote {users} people and {posts} posts. Everybody's password: {password}")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@data_dir
def backup(data_dir: Path, file: Path) -> None:
    """Write a consistent backup of everything to FILE."""
    from app.backup import backup

    with ready(data_dir) as env:
        backup(url("DATABASE_URL", env, "postgresql", "postgres"), file)
    click.echo(f"{file} holds everything but the secret key. Keep that too: some data cannot be read without it.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask for confirmation (only asked at a terminal).")
@data_dir
def restore(data_dir: Path, file: Path, yes: bool) -> None:
    """Replace all data with the contents of FILE and bring the schema up to date. Stop API and workers first."""
    from app.backup import restore
    from app.migrations import upgrade

    if not yes and sys.stdin.isatty():
        click.confirm("Replace everything in the database?", abort=True)
    with ready(data_dir) as env:
        database_url = url("DATABASE_URL", env, "postgresql", "postgres")
        restore(database_url, file)
        upgrade(database_url)
        from app.administration import forget_cached

        forget_cached(env)
    click.echo(f"Everything is restored from {file}.")
