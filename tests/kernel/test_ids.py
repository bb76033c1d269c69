import asyncio
import time
from datetime import timedelta
from uuid import RFC_4122

from kernel.db import first_id_of, new_id, utc_now
from kernel.events import Event


def test_ids_are_uuids_of_version_7_and_ascend_however_fast_they_are_made() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {(each.version, each.variant) for each in ids} == {(7, RFC_4122)}


def test_an_id_carries_the_moment_of_its_making() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id().int >> 80
    assert before <= made <= time.time_ns() // 1_000_000


def test_an_id_made_later_sorts_after_the_first_of_its_moment() -> None:
    assert first_id_of(utc_now() - timedelta(milliseconds=2)) < new_id() < first_id_of(utc_now() + timedelta(seconds=1))


async def test_ids_of_many_threads_are_all_different() -> None:
    made = await asyncio.gather(*(asyncio.to_thread(lambda: [new_id() for _ in range(1_000)]) for _ in range(4)))
    assert len({each for batch in made for each in batch}) == 4_000


def test_events_are_numbered_alike() -> None:
    first, second = Event(), Event()
    assert first.event_id < second.event_id
    assert first.event_id.version == 7


def test_moments_know_that_they_are_in_utc() -> None:
    assert str(utc_now().tzinfo) == "UTC"
