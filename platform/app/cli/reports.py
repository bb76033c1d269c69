"""Commands that look at the product, and change nothing."""

import os
import sys
from pathlib import Path

import click

from app.cli.options import data_dir


@click.command()
@click.option("--api", type=click.IntRange(0), default=1, show_default=True, help="Total number of API processes.")
@click.option(
    "--workers", type=click.IntRange(0), default=1, show_default=True, help="Total number of worker processes."
)
@data_dir
def doctor(data_dir: Path, api: int, workers: int) -> None:
    """Check the installation and give advice: versions, secrets, PostgreSQL, schema, clock, pools, Redis."""
    from app.environment import environment

    with environment(data_dir, os.environ) as env:
        from app.doctor import findings

        found = findings(env, api=api, workers=workers)
    for finding in found:
        click.echo(f"{'ok' if finding.is_well else '!!'}  {finding.about:<15}{finding.text}")
    if not all(finding.is_well for finding in found):
        raise SystemExit(1)


@click.command()
@click.option("--module", help="Only the part of this module.")
@data_dir
def openapi(data_dir: Path, module: str | None) -> None:
    """Print the OpenAPI document."""
    from app.documents import openapi

    sys.stdout.buffer.write(openapi(module))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
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
