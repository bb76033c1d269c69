"""All files of a new module, or none."""

import importlib.util
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.migrations import checkout
from app.processes import Failure
from app.scaffold import edits
from app.scaffold.names import names

JOURNEY = "tests/journeys/test_journey.py"
WORLD = "tests/architecture/world.py"
EDITS: Mapping[str, edits.Edit] = {
    "pyproject.toml": edits.project,
    "CODEOWNERS": edits.owners,
    "platform/app/registry.py": edits.registry,
    "tests/architecture/test_access.py": edits.access_table,
}


def new_module(name: str) -> list[str]:
    """The files that are new; raises `Failure`, and then nothing has changed."""
    root = checkout()
    for needed in (*EDITS, JOURNEY, WORLD):
        if not (root / needed).is_file():
            raise Failure(f"{needed} is not here: run this in a checkout of Quire")
    if importlib.util.find_spec("ruff") is None:
        raise Failure("ruff is not here: uv sync")
    folders = ("modules", "tests", "migrations")
    taken = {entry.stem for folder in folders for entry in (root / folder).iterdir()}
    words = names(name, taken, known=edits.things_in((root / WORLD).read_text()))
    created = slice_of(words)
    edited = edited_files(root, words)
    with undone_if_it_fails([root / folder / name for folder in folders], [root / file for file in edited]):
        for file, text in {**created, **edited}.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text)
        changed = [str(root / file) for file in (*created, *edited) if file.endswith(".py")]
        for tidy in (["format"], ["check", "--fix"], ["format"]):  # a long name makes long lines, which can be broken
            run(root, "-m", "ruff", *tidy, "--quiet", *changed)
        (root / "openapi.json").write_bytes(run(root, "-m", "app", "openapi"))
    return sorted(created)


def slice_of(words: Mapping[str, str]) -> dict[str, str]:
    """What nobody else touches, by where it goes."""
    name = words["name"]
    texts = templates()
    files = {
        f"{'modules' if kind == 'module' else kind}/{name}/{rest.removesuffix('.jinja')}": template
        for template in texts.list_templates()
        for kind, _, rest in [template.partition("/")]
        if rest
    }
    files[f"migrations/{name}/{datetime.now(UTC):%Y%m%d}_create_{name}.py"] = "migration.py.jinja"
    values = {**words, "revision": secrets.token_hex(6)}
    return {file: texts.get_template(template).render(values) for file, template in files.items()}


def edited_files(root: Path, words: Mapping[str, str]) -> dict[str, str]:
    """What knows every module, with this one in it; the document is made when all of it is there."""
    texts = templates()
    changed = {file: edit((root / file).read_text(), words) for file, edit in EDITS.items()}
    journey, thing = (texts.get_template(f"{each}.py.jinja").render(words) for each in ("journey", "thing"))
    changed[JOURNEY] = (root / JOURNEY).read_text() + journey
    changed[WORLD] = edits.world((root / WORLD).read_text(), words, thing)
    changed["openapi.json"] = (root / "openapi.json").read_text()
    return changed


def templates() -> Environment:
    """Of the files of a slice."""
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "slice"),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python, not HTML
    )


@contextmanager
def undone_if_it_fails(folders: list[Path], files: list[Path]) -> Iterator[None]:
    """No half module stays."""
    before = {file: file.read_text() for file in files}
    try:
        yield
    except BaseException:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        for file, text in before.items():
            file.write_text(text)
        raise


def run(root: Path, *arguments: str) -> bytes:
    """What a program of this interpreter says; raises `Failure` with its last line."""
    done = subprocess.run([sys.executable, *arguments], cwd=root, capture_output=True)  # noqa: S603 - ours
    if done.returncode:
        said = (done.stdout + done.stderr).decode().strip().splitlines() or [""]
        raise Failure(f"{arguments[1]} says: {said[-1]}")
    return done.stdout
