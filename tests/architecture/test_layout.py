import ast
import os
import platform
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import app
import kernel
import modules

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MODULES = sorted(folder.name for folder in (ROOT / "modules").iterdir() if (folder / "__init__.py").exists())

TOP_LEVEL = {
    *("modules", "platform", "migrations", "tests"),
    *("pyproject.toml", "compose.yaml", "Dockerfile", "justfile", "README.md"),
    *("requirements.lock", "openapi.json", "CHANGELOG.md", "LICENSE", "CODEOWNERS"),
    *(".ci", ".gitignore", ".dockerignore", ".editorconfig", ".pre-commit-config.yaml"),
}

AS_IN_THE_STANDARD_LIBRARY = {"platform/kernel/http"}
"""A folder that every reader expects to have this name. (What is started inside ``platform/kernel`` would find it.)"""


def sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]


def within(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_the_platform_of_the_standard_library_is_the_one_that_is_imported() -> None:
    assert platform.__file__
    assert ROOT not in Path(platform.__file__).parents
    said = subprocess.check_output([sys.executable, "-c", "import platform; print(platform.system())"], cwd=ROOT)
    assert said.decode().strip() == platform.system()


def test_the_folder_platform_is_a_source_root_and_no_package() -> None:
    held = {entry.name for entry in (ROOT / "platform").iterdir() if entry.name != "__pycache__"}
    assert held <= {"kernel", "app", "deploy"}
    for package in (kernel, app):
        assert package.__file__
        assert Path(package.__file__).parents[1] == ROOT / "platform"
    assert modules.__file__
    assert Path(modules.__file__).parents[1] == ROOT


def test_no_file_of_the_kernel_is_called_like_a_module_of_the_standard_library() -> None:
    files = sources("platform/kernel")
    ours = {file.with_suffix("") if file.stem != "__init__" else file.parent for file in files}
    assert {within(path) for path in ours if path.name in sys.stdlib_module_names} == AS_IN_THE_STANDARD_LIBRARY


def test_the_top_level_holds_nothing_but_what_was_agreed() -> None:
    if not shutil.which("git") or not (ROOT / ".git").exists():
        if os.environ.get("CI"):
            pytest.fail("git says what belongs to the project")
        pytest.skip("git says what belongs to the project")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.check_output(listed, cwd=ROOT, text=True).splitlines()
    assert {file.partition("/")[0] for file in files} - TOP_LEVEL == set()


def test_no_folder_of_tests_is_a_package() -> None:
    assert [within(file) for file in sources("tests") if file.name == "__init__.py"] == []


def test_no_file_of_the_kernel_or_of_a_module_is_longer_than_250_lines() -> None:
    lengths = {within(file): len(file.read_text().splitlines()) for file in sources("platform/kernel", "modules")}
    assert {file: lines for file, lines in lengths.items() if lines > 250} == {}


def test_every_module_has_the_files_that_every_module_has_and_no_other() -> None:
    contracts = {contract["name"]: contract for contract in PROJECT["tool"]["importlinter"]["contracts"]}
    layers = contracts["Inside a module, calls go down"]["layers"]
    allowed = {name.strip(" ()") for layer in layers for name in layer.split("|")} | {"__init__", "__pycache__"}
    for module in MODULES:
        entries = list((ROOT / "modules" / module).iterdir())
        code = {entry.stem for entry in entries if entry.suffix == ".py" or entry.is_dir()}
        assert code - allowed == set(), module
        assert {entry.name for entry in entries if entry.is_file() and entry.suffix != ".py"} <= {"README.md"}, module
        assert {"__init__", "module"} <= code


def test_a_module_has_one_name_everywhere() -> None:
    registry = (ROOT / "platform/app/registry.py").read_text()
    owners = (ROOT / "CODEOWNERS").read_text()
    branches = {Path(location).name for location in PROJECT["tool"]["alembic"]["version_locations"]}
    assert branches == {"kernel", *MODULES}
    for module in MODULES:
        assert f"from modules.{module}.module import {module}\n" in registry
        for place in ("modules", "tests", "migrations"):
            assert f"/{place}/{module}/" in owners
            assert (ROOT / place / module).is_dir()


NEVER_THE_SAME = {"new_id", "utc_now", "uuid4", "uuid7", "now", "random", "choice"}


def called(node: ast.AST) -> set[str]:
    """The functions that an expression calls, by their last name."""
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {func.attr for func in calls if isinstance(func, ast.Attribute)} | {
        func.id for func in calls if isinstance(func, ast.Name)
    }


def test_a_test_has_the_same_name_in_every_process() -> None:
    """Or the workers of xdist refuse to share the tests."""
    for file in sources("tests"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    assert called(decorator) & NEVER_THE_SAME == set(), f"{within(file)}: {node.name}"
