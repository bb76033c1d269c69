"""A new module: complete at once, or not there at all."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.processes import Failure
from app.scaffold.names import names
from tests.architecture.test_layout import ROOT

PYTHON = (sys.executable, "-P")
QUIRE = (*PYTHON, "-m", "app")
CHECKS = (
    (*PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."),
    (*PYTHON, "-m", "ruff", "check", "--quiet", "."),
    (*PYTHON, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"),
    (*PYTHON, "-m", "mypy"),
    (*PYTHON, "-m", "pytest", "-q", "tests/billing", "tests/architecture", "-k", "not (planted or cell) or billing"),
)
"""What `just check` says, and the tests of the module; of the table of routes its rows alone."""


@pytest.mark.parametrize(
    ("module", "thing", "things"),
    [
        ("invoices", "invoice", "invoices"),
        ("price_lists", "price_list", "price_lists"),
        ("categories", "category", "categories"),
        ("billing", "billing_item", "billing_items"),
        ("pages", "pages_item", "pages_items"),
        ("lists", "lists_item", "lists_items"),
        ("address", "address_item", "address_items"),
    ],
)
def test_a_module_has_things_whose_names_are_free(module: str, thing: str, things: str) -> None:
    words = names(module, taken=())
    assert (words["thing"], words["things"]) == (thing, things)
    assert words["Thing"] != words["Things"]


@pytest.mark.parametrize(
    "name", ["Invoices", "in-voices", "2fa", "ab", "a" * 21, "_x", "x__y", "", "../x", "posts", "db"]
)
def test_a_bad_or_taken_name_is_refused(name: str) -> None:
    with pytest.raises(Failure):
        names(name, taken={"posts"})


@pytest.mark.parametrize(
    "name", ["class", "import", "list", "user", "select", "pg_things", "public", "information_schema"]
)
def test_a_name_that_means_something_to_a_language_is_refused(name: str) -> None:
    with pytest.raises(Failure, match="means something"):
        names(name, taken=())


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """This checkout once more, as git has it."""
    root = tmp_path / "quire"
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    for file in subprocess.check_output(listed, cwd=ROOT, text=True).splitlines():
        if (ROOT / file).is_file():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, root / file)
    if (ROOT / ".mypy_cache").is_dir():
        shutil.copytree(ROOT / ".mypy_cache", root / ".mypy_cache")
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    return root


def git(root: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", *arguments], cwd=root, text=True)


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """In the copy, of the copy."""
    env = {**os.environ, "PYTHONPATH": f"{root}:{root / 'platform'}"}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.mark.journey
def test_a_new_module_is_complete_at_once(copy: Path) -> None:
    made = run(copy, *QUIRE, "new-module", "billing")
    assert (made.returncode, made.stderr) == (0, "")
    for command in CHECKS:
        said = run(copy, *command)
        assert said.returncode == 0, said.stdout[-2000:] + said.stderr[-2000:]
    again = run(copy, *QUIRE, "new-module", "billing")
    assert (again.returncode, again.stderr) == (1, "quire: the name billing is taken\n")


@pytest.mark.journey
@pytest.mark.parametrize("name", ["warehouses_inventory", "news", "comments"])
def test_a_long_name_and_one_that_others_use_for_their_things_are_names_like_all(copy: Path, name: str) -> None:
    made = run(copy, *QUIRE, "new-module", name)
    assert (made.returncode, made.stderr) == (0, "")
    for command in CHECKS[:3]:
        said = run(copy, *command)
        assert said.returncode == 0, said.stdout[-2000:] + said.stderr[-2000:]


@pytest.mark.journey
def test_of_a_module_that_cannot_be_made_nothing_stays(copy: Path) -> None:
    with (copy / "platform/app/version.py").open("a") as file:
        file.write("\n1 / 0\n")
    git(copy, "add", "--all")
    refused = run(copy, *QUIRE, "new-module", "billing")
    assert (refused.returncode, refused.stderr) == (1, "quire: app says: ZeroDivisionError: division by zero\n")
    assert git(copy, "diff", "--stat") == git(copy, "ls-files", "--others", "--exclude-standard") == ""
