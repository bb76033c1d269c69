"""Several things at once: the ids of `?ids=`."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.params import QueryParameter

from kernel.errors import ValidationFailed, Violation

MOST = 100

Ids: TypeAlias = Annotated[
    list[str], QueryParameter(description=f"Up to {MOST} ids, as repeated parameters or separated by commas.")
]


def parse_ids(ids: list[str]) -> list[UUID]:
    """Each id once; raises `ValidationFailed` for what is none, and for too many."""
    parts = list(dict.fromkeys(part for text in ids for part in text.split(",")))
    if len(parts) > MOST:
        raise ValidationFailed([Violation("/query/ids", "too_long", f"At most {MOST} ids at once.")])
    try:
        found = [UUID(part) for part in parts]
    except ValueError:
        found = []
    if [str(each) for each in found] != parts:
        raise ValidationFailed([Violation("/query/ids", "invalid_format", "Expected canonical UUIDs.")])
    return found
