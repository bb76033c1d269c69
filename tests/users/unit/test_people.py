"""What anybody may see of somebody."""

import msgspec

from modules.users import Person
from tests.callers import person


def test_beside_what_they_did_people_are_a_name_and_no_more() -> None:
    ann = person("Ann")
    assert Person.of(ann) == Person(id=ann.id, username="ann", name="Ann")
    assert msgspec.structs.asdict(Person(id=ann.id, username="ann", name="Ann")).keys() == {"id", "username", "name"}


def test_nothing_is_seen_of_somebody_who_has_left() -> None:
    assert Person.of(None) is None
