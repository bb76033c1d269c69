"""What a module is called, and what its things are called, in every form that code needs."""

import builtins
import keyword
import re
from collections.abc import Collection, Mapping

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from app.processes import Failure

SPELLING = re.compile("[a-z]+(_[a-z]+)*")
LONGEST = 20
"""Letters: names of indexes are made of it, and PostgreSQL cuts what is longer than 63."""

OURS = frozenset(
    {"api", "chosen", "db", "health", "http", "jobs", "mail", "metrics", "cache", "modules", "serve", "system"}
)
"""Names that mean something else already: addresses, sections of settings, what the registry calls its own."""

IN_USE = frozenset(
    {
        *("Annotated", "Base", "Caller", "Controller", "Cursor", "Entity", "Index", "Limit", "Mapped", "Mapping"),
        *("Module", "Once", "Page", "Person", "Principal", "Protocol", "Response", "Runtime", "Sequence", "String"),
        *("Title", "Versioned"),
    }
)
"""Classes that a slice imports."""

SCHEMAS = frozenset({"public", "information_schema"})
"""Those that every database of PostgreSQL has, beside ``pg_…``."""


def names(module: str, taken: Collection[str], known: Collection[str] = ()) -> Mapping[str, str]:
    """By what they are for; raises `Failure` where no module can have this name. ``known`` things are others'."""
    if not SPELLING.fullmatch(module) or not 2 < len(module) <= LONGEST:
        raise Failure(f"a module's name is 3 to {LONGEST} of a-z and _, such as invoices or price_lists")
    if module in taken or module in OURS:
        raise Failure(f"the name {module} is taken")
    is_reserved = module in RESERVED_WORDS | SCHEMAS or module.startswith("pg_")
    if keyword.iskeyword(module) or hasattr(builtins, module) or is_reserved:
        raise Failure(f"the name {module} means something to Python or to PostgreSQL")
    thing, things = things_of(module, known)
    one, many = thing.replace("_", " "), things.replace("_", " ")
    return {
        "name": module,
        "Name": module.replace("_", " ").capitalize(),
        "thing": thing,
        "things": things,
        "Thing": camel(thing),
        "Things": camel(things),
        "one": one,
        "many": many,
        "Many": many.capitalize(),
    }


def things_of(module: str, known: Collection[str]) -> tuple[str, str]:
    """One of what it keeps, and many of it: ``invoice`` and ``invoices``, or ``billing_item`` and ``billing_items``."""
    stem = re.sub("ies$", "y", module)
    one = stem if stem != module else re.sub("(?<![suia])s$", "", module)
    if one in {module, *known} or keyword.iskeyword(one) or hasattr(builtins, one) or camel(one) in IN_USE:
        return f"{module}_item", f"{module}_items"
    return one, module


def camel(name: str) -> str:
    """``price_list`` as the name of a class."""
    return "".join(part.capitalize() for part in name.split("_"))
