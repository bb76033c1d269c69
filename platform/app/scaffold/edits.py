"""Lines in files that know every module: each is put where a person would, or it is said that it cannot be."""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from app.processes import Failure

Edit: TypeAlias = Callable[[str, Mapping[str, str]], str]
"""The text of a file, with a new module in it."""


def project(text: str, names: Mapping[str, str]) -> str:
    """``pyproject.toml``: its branch of migrations, and its place among those that may use `users`."""
    name = names["name"]
    text = replaced(
        text, r'(version_locations = \[\n(?:  "[^\n]*\n)*)', rf'\g<1>  "%(here)s/migrations/{name}",' + "\n"
    )
    return replaced(text, r'(layers = \["notifications", "[a-z_ |]+)(", "users"\])', rf"\g<1> | {name}\g<2>")


def owners(text: str, names: Mapping[str, str]) -> str:
    """``CODEOWNERS``: a team owns a module with its tests and its migrations."""
    paths = [f"/{place}/{names['name']}/" for place in ("modules", "tests", "migrations")]
    return text + "".join(f"{path:<27} @quire/{names['name']}\n" for path in paths)


def registry(text: str, names: Mapping[str, str]) -> str:
    """``platform/app/registry.py``: two lines. What it imports is sorted afterwards."""
    name = names["name"]
    text = replaced(text, r"(?=from modules\.)", f"from modules.{name}.module import {name}\n")
    return replaced(
        text, r"(\n    return \((?:\n        [^\n]*)*?\n)(?=        notifications\()", rf"\g<1>        {name}," + "\n"
    )


def access_table(text: str, names: Mapping[str, str]) -> str:
    """``tests/architecture/test_access.py``: who may call what, in the order of the table."""
    path, one = f"/api/v1/{names['name']}", f"/api/v1/{names['name']}/{{{names['thing']}_id}}"
    for route, call in (
        (f"GET {path}", ""),
        (f"POST {path}", ', Call(status=201, body={"title": "T"})'),
        (f"DELETE {one}", ", Call(status=204, others=404)"),
        (f"GET {one}", ", Call(others=404)"),
        (f"PATCH {one}", ', Call(body={"title": "U"}, others=404)'),
    ):
        rows = re.finditer(r'^    \(\s*"([A-Z]+ /[^"]*)"', text, re.MULTILINE)
        later = next((row for row in rows if row[1].split()[::-1] > route.split()[::-1]), None)
        if later is None:
            raise Failure("tests/architecture/test_access.py is not as it was: where is its TABLE?")
        text = f'{text[: later.start()]}    ("{route}", SIGNED_IN{call}),\n{text[later.start() :]}'
    return text


def replaced(text: str, pattern: str, by: str) -> str:
    """Once, and not without having found it."""
    changed, count = re.subn(pattern, by, text, count=1)
    if not count:
        raise Failure(f"a file that knows every module is not as it was: there is no {pattern}")
    return changed


def things_in(text: str) -> set[str]:
    """Whatever has an id in ``tests/architecture/world.py``."""
    return set(re.findall(r"([a-z_]+)_id\b", text))


def world(text: str, names: Mapping[str, str], function: str) -> str:
    """``tests/architecture/world.py``: how one comes into being that belongs to somebody."""
    thing = f"{names['thing']}_id"
    text = replaced(text, r"(?=THINGS: dict)", function.replace("\\", r"\\"))
    return replaced(text, r"(THINGS: dict[^\n]*\{\n)", rf'\g<1>    "{thing}": {thing},' + "\n")
