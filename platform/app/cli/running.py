"""Commands that run the product."""

import os
from pathlib import Path

import click

from app.cli.options import choose, data_dir, listen, ready, some_modules
from kernel.settings import url


@click.command()
@listen
@data_dir
def up(data_dir: Path, host: str, port: int, workers: int) -> None:
    """Run everything on this machine until Ctrl-C."""
    from app.up import up

    up(data_dir, host, port, workers)


@click.command()
@listen
@some_modules("Serve only the routes of these modules.")
@data_dir
def serve(data_dir: Path, host: str, port: int, workers: int, modules: str | None) -> None:
    """Serve the API.

    QUIRE_SUPERUSER_EMAIL and QUIRE_SUPERUSER_PASSWORD create the first superuser.
    """
    from app.serving import listening, serve

    with listening(host, port) as listener, ready(data_dir) as env:
        choose(modules)
        from app.administration import check_secret_key, create_first_superuser

        check_secret_key(env)
        if env.get("QUIRE_SUPERUSER_EMAIL"):
            create_first_superuser(env)
        os.environ.pop("QUIRE_SUPERUSER_PASSWORD", None)
        serve(listener, workers)


@click.command()
@some_modules("Run only the work of these modules.")
@data_dir
def work(data_dir: Path, modules: str | None) -> None:
    """Run a worker: deliver events, send mails, run scheduled tasks."""
    with ready(data_dir) as env:
        choose(modules)
        from app.administration import check_secret_key
        from app.worker import main

        check_secret_key(env)
        main()


@click.command()
@data_dir
def migrate(data_dir: Path) -> None:
    """Bring the database schema up to date. Any number of replicas may run it at once."""
    from app.environment import environment
    from app.migrations import upgrade

    with environment(data_dir, os.environ) as env:
        os.environ.update(env)
        upgrade(url("DATABASE_URL", env, "postgresql", "postgres"))


@click.command(hidden=True)
@data_dir
def check_settings(data_dir: Path) -> None:
    """Say what is wrong with the settings of kernel and modules: `quire up` asks before it starts anything."""
    from app.environment import PLACEHOLDERS
    from app.registry import modules
    from kernel.settings import KernelSettings

    modules(KernelSettings.from_env({**PLACEHOLDERS, **os.environ}), os.environ)
