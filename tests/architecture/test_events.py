"""Events outlive a deploy: rows of the outbox that an old version wrote are read by a new one, and the other way round.

``python -m tests.architecture.test_events`` writes the schemas anew, after a change that is compatible.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints
from uuid import UUID

import msgspec
import pytest

import app.registry
from kernel.events import Event, decode, encode, topic
from tests.architecture.test_facades import objections_to_annotation
from tests.architecture.test_layout import MODULES

assert app.registry  # its import loads every event

COMMITTED = Path(__file__).with_name("events.json")

# Any: JSON


def events(kind: type[Event] = Event) -> Iterator[type[Event]]:
    """Every event of the product."""
    for event in kind.__subclasses__():
        if event.__module__.startswith(("modules.", "kernel.")):
            yield event
        yield from events(event)


EVENTS = {topic(event): event for event in events()}


def schemas() -> dict[str, Any]:
    """How each event looks in the outbox; what is said about it may change."""
    documents = {name: msgspec.json.schema(event) for name, event in sorted(EVENTS.items())}
    for document in documents.values():
        for each in document["$defs"].values():
            each.pop("description", None)
    return documents


def committed() -> dict[str, Any]:
    documents: dict[str, Any] = msgspec.json.decode(COMMITTED.read_bytes())
    return documents


def fields(document: Any) -> dict[str, Any]:
    """The properties of an event, as it is described by a schema of msgspec."""
    properties: dict[str, Any] = definition(document)["properties"]
    return properties


def definition(document: Any) -> dict[str, Any]:
    found: dict[str, Any] = document["$defs"][document["$ref"].rpartition("/")[2]]
    return found


def breaks(old: Any, new: Any) -> Iterator[str]:
    """Why a version that knows only one of them could not read what the other writes."""
    for name, kind in fields(old).items():
        if name not in fields(new):
            yield f"{name} is gone"
        elif fields(new)[name] != kind:
            yield f"{name} was {kind} and is {fields(new)[name]}"
    for name in set(definition(new)["required"]) - set(definition(old)["required"]):
        yield f"{name} is required: what was written before lacks it"
    if definition(new).get("additionalProperties") is False:
        yield "what a newer version adds would be refused"


def sample(kind: Any) -> Any:
    """Something that fits a schema."""
    match kind:
        case {"enum": [first, *_]} | {"const": first}:
            return first
        case {"anyOf": [first, *_]}:
            return sample(first)
        case {"format": "uuid"}:
            return str(UUID(int=1))
        case {"format": "date-time"}:
            return "2026-01-01T00:00:00Z"
        case {"type": "array", "items": items}:
            return [sample(items)]
        case {"type": name}:
            return {"string": "text", "integer": 1, "number": 1.0, "boolean": True, "null": None, "array": []}[name]
    raise AssertionError(kind)


@pytest.mark.parametrize("name", sorted(committed()))
def test_no_event_has_changed_so_that_another_version_cannot_read_it(name: str) -> None:
    assert name in EVENTS, "a fact that was published cannot be unpublished: its rows may be waiting"
    assert list(breaks(committed()[name], schemas()[name])) == []


@pytest.mark.parametrize("name", sorted(committed()))
def test_what_the_committed_version_wrote_is_read(name: str) -> None:
    payload = {field: sample(kind) for field, kind in fields(committed()[name]).items()}
    written = msgspec.json.decode(encode(decode(payload, EVENTS[name])))
    assert written == {**written, **payload}


def test_the_committed_schemas_are_those_of_the_events() -> None:
    refresh = "if the change is compatible: python -m tests.architecture.test_events"
    assert committed() == msgspec.json.decode(msgspec.json.encode(schemas())), refresh


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_carries_the_name_of_its_owner_and_plain_values(name: str) -> None:
    event = EVENTS[name]
    package = event.__module__.split(".")
    owner = package[1] if package[0] == "modules" else package[0]
    assert owner in {"kernel", *MODULES}
    assert name.partition(".")[0] == owner
    assert event.__struct_config__.frozen
    for field, kind in get_type_hints(event, include_extras=True).items():
        assert list(objections_to_annotation(field, kind)) == []


def test_no_two_events_share_a_name() -> None:
    assert len(EVENTS) == len(set(events()))


class Before(Event, frozen=True, tag="scratch.before"):
    user_id: UUID
    note: str = ""


class WithMore(Event, frozen=True, tag="scratch.before"):
    user_id: UUID
    note: str = ""
    more: int | None = None


class WithLess(Event, frozen=True, tag="scratch.before"):
    user_id: UUID


class WithAnotherType(Event, frozen=True, tag="scratch.before"):
    user_id: UUID
    note: int = 0


class WithMoreRequired(Event, frozen=True, tag="scratch.before"):
    user_id: UUID
    more: int
    note: str = ""


class Strict(Event, frozen=True, tag="scratch.before", forbid_unknown_fields=True):
    user_id: UUID
    note: str = ""


class Renamed(Event, frozen=True, tag="scratch.after"):
    user_id: UUID
    note: str = ""


@pytest.mark.parametrize("change", [WithLess, WithAnotherType, WithMoreRequired, Strict, Renamed])
def test_an_incompatible_change_is_noticed(change: type[Event]) -> None:
    assert list(breaks(msgspec.json.schema(Before), msgspec.json.schema(change))) != []


def test_an_optional_field_may_be_added_and_is_read_by_both_versions() -> None:
    assert list(breaks(msgspec.json.schema(Before), msgspec.json.schema(WithMore))) == []
    old, new = Before(user_id=UUID(int=1)), WithMore(user_id=UUID(int=1), more=1)
    assert decode(msgspec.json.decode(encode(old)), WithMore).more is None
    assert decode(msgspec.json.decode(encode(new)), Before).user_id == new.user_id


if __name__ == "__main__":
    COMMITTED.write_bytes(msgspec.json.format(msgspec.json.encode(schemas()), indent=2) + b"\n")
    sys.stdout.write(f"{len(EVENTS)} events\n")
