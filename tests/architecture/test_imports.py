"""The walls: they hold, and what is planted on the wrong side of one is found."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_layout import PROJECT, ROOT

LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"

LAYERS = "The app knows the modules, the modules know the kernel, never the other way round"
DIRECTION = "Modules depend on each other in one direction"
FACADE = "A module is entered through its facade"
INSIDE = "Inside a module, calls go down"
KERNEL = "Inside the kernel, calls go down"
PURE = "Contracts and events are free of frameworks"
REDIS = "Only the kernel talks to Redis"

PLANTED = [
    (FACADE, "modules/posts/services/posts.py", "import modules.users.models", "-> modules.users.models"),
    (FACADE, "modules/auth/keys.py", "def f():\n    from modules.users import models", "-> modules.users.models"),
    (FACADE, "modules/notifications/letters.py", "if False:\n    import modules.auth.tokens", "-> modules.auth.tokens"),
    (FACADE, "platform/app/administration.py", "import modules.users.services", "-> modules.users.services"),
    (LAYERS, "platform/kernel/cache.py", "import modules.users", "-> modules.users"),
    (LAYERS, "modules/auth/keys.py", "import app.registry", "-> app.registry"),
    (DIRECTION, "modules/users/services.py", "import modules.posts", "-> modules.posts"),
    (DIRECTION, "modules/posts/services/states.py", "import modules.notifications", "-> modules.notifications"),
    (INSIDE, "modules/users/models.py", "import modules.users.services", "-> modules.users.services"),
    (INSIDE, "modules/users/helpers.py", "", "(Since this contract is marked as 'exhaustive'"),
    (KERNEL, "platform/kernel/errors.py", "import kernel.outbox", "-> kernel.outbox"),
    (KERNEL, "platform/kernel/extras.py", "", "(Since this contract is marked as 'exhaustive'"),
    (PURE, "modules/posts/contracts.py", "import sqlalchemy", "-> sqlalchemy"),
    (PURE, "platform/kernel/events.py", "import litestar", "-> litestar"),
    (REDIS, "modules/notifications/services.py", "import redis.asyncio", "-> redis"),
    (REDIS, "platform/app/version.py", "import redis", "-> redis"),
]


def lint(root: Path) -> str:
    """What import-linter says about the tree in ``root``, on one line."""
    env = {**os.environ, "PYTHONPATH": f"{root}:{root / 'platform'}"}
    run = subprocess.run([sys.executable, "-c", LINT], cwd=root, env=env, capture_output=True, text=True, check=False)
    return re.sub(r"\s+", " ", run.stdout + run.stderr)


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each contract objects to in a copy of the tree with everything planted at once."""
    root = tmp_path_factory.mktemp("planted")
    for folder in ("modules", "platform/kernel", "platform/app"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "assets"))
    shutil.copy(ROOT / "pyproject.toml", root)
    for _, file, code, _ in PLANTED:
        with (root / file).open("a") as source:
            source.write(f"\n{code}\n")
    names = "|".join(re.escape(name) for name in contracts())
    _, *report = re.split(f"({names}) -{{20,}}", lint(root))
    return dict(zip(report[::2], report[1::2], strict=True))


def contracts() -> list[str]:
    return [contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]]


def test_every_contract_has_something_planted_against_it() -> None:
    assert set(contracts()) == {contract for contract, _, _, _ in PLANTED}


def test_every_contract_holds() -> None:
    verdict = lint(ROOT)
    assert f"{len(contracts())} kept, 0 broken" in verdict, verdict


@pytest.mark.parametrize(("contract", "file", "code", "found"), PLANTED)
def test_what_is_planted_on_the_wrong_side_is_found(
    verdicts: dict[str, str], contract: str, file: str, code: str, found: str
) -> None:
    planted = file.removeprefix("platform/").removesuffix(".py").replace("/", ".")
    assert f"- {planted} {found}" in verdicts[contract], code
