"""Which trace a piece of work belongs to, recorded or not."""

import pytest
from litestar import get

from kernel.settings import KernelSettings
from kernel.telemetry import CURRENT, Trace
from kernel.unit_of_work import Subscriber, UnitOfWork
from tests.kernel.http.apps import application, talking_to
from tests.kernel.support import (
    Happened,
    Open,
    address_of,
    note,
    notes,
    only_row,
    outbox,
    pass_time,
    publish,
    without_redis,
)

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def here() -> str:
    """The trace of this task; "" for none."""
    trace = CURRENT.get()
    return "" if trace is None else trace.trace_id


async def note_trace(event: Happened, uow: UnitOfWork) -> None:
    await note(uow, f"{event.note} {here()}", event)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        (TRACEPARENT, TRACEPARENT),
        (TRACEPARENT.replace("00-", "42-"), TRACEPARENT),
        (TRACEPARENT.replace("00-", "42-") + "-what-comes-next", TRACEPARENT),
        (TRACEPARENT + "-more", None),
        (TRACEPARENT.replace("00-", "42-") + "more", None),
        (TRACEPARENT.replace("00-", "ff-"), None),
        (TRACEPARENT.upper(), None),
        (TRACEPARENT.replace(TRACE_ID, "0" * 32), None),
        (TRACEPARENT.replace("b7ad6b7169203331", "0" * 16), None),
        (TRACEPARENT[:-1], None),
        (TRACEPARENT + "\n", None),
        ("", None),
        ("\u00b2" * 55, None),
    ],
)
def test_a_traceparent_is_understood_or_ignored(given: str, understood: str | None) -> None:
    trace = Trace.received(given)
    assert (trace and trace.traceparent) == understood


@get("/trace")
async def tell_trace() -> str:
    return here()


async def test_a_request_belongs_to_the_trace_that_its_client_names_and_the_next_one_does_not() -> None:
    once, twice = [("traceparent", TRACEPARENT)], [("traceparent", TRACEPARENT)] * 2
    async with talking_to(application(tell_trace)) as client:
        answers = [await client.get("/trace", headers=headers) for headers in (once, [], twice)]
    assert [answer.text for answer in answers] == [TRACE_ID, "", ""]


async def test_what_is_published_is_delivered_within_the_same_trace(
    open_kernel: Open, settings: KernelSettings
) -> None:
    runtime = open_kernel(Subscriber(Happened, note_trace))
    before = CURRENT.set(Trace(TRACEPARENT))
    await publish(runtime.database, "inside")
    CURRENT.reset(before)
    await publish(runtime.database, "outside")
    assert [row.traceparent for row in await outbox(runtime.database)] == [TRACEPARENT, None]
    await without_redis(runtime, settings).relay()
    assert await notes(runtime.database) == [f"inside {TRACE_ID}", "outside "]


async def test_a_delivery_that_is_made_again_belongs_to_the_same_trace(
    open_kernel: Open, settings: KernelSettings
) -> None:
    seen: list[str] = []

    async def fail_at_first(event: Happened, uow: UnitOfWork) -> None:
        seen.append(here())
        if len(seen) == 1:
            raise ValueError(event.note)

    runtime = open_kernel(Subscriber(Happened, fail_at_first))
    before = CURRENT.set(Trace(TRACEPARENT))
    await publish(runtime.database, "again")
    CURRENT.reset(before)
    delivery = without_redis(runtime, settings)
    row = await only_row(runtime.database)
    await delivery.deliver(address_of(fail_at_first), [str(row.id)])
    await pass_time(runtime.database)
    await delivery.deliver(address_of(fail_at_first), [str(row.id)])
    assert seen == [TRACE_ID, TRACE_ID]
    assert here() == ""
