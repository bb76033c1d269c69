"""Look-ups of one turn of the loop in one call."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Collection, Mapping
from contextvars import ContextVar

import pytest

from kernel.batching import Batch


class Source:
    """Squares of numbers, and how it was asked for them."""

    def __init__(self) -> None:
        self.asked: list[set[int]] = []
        self.fails = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def load(self, keys: Collection[int]) -> Mapping[int, int]:
        self.asked.append(set(keys))
        await self.answers.wait()
        if self.fails:
            raise LookupError
        return {key: key * key for key in keys}


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
async def complaints() -> AsyncGenerator[list[object]]:
    """Of the event loop."""
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, complaint: heard.append(complaint))
    yield heard
    asyncio.get_running_loop().set_exception_handler(None)


async def test_everybody_who_asks_in_one_turn_shares_one_call(source: Source) -> None:
    batch = Batch(source.load)
    answers = await asyncio.gather(*(batch.get({number, 7}) for number in range(20)))
    assert [answer[number] for number, answer in enumerate(answers)] == [number * number for number in range(20)]
    assert source.asked == [set(range(20))]


async def test_those_who_ask_while_a_call_is_under_way_share_the_next(source: Source) -> None:
    batch = Batch(source.load)
    source.answers.clear()
    early = asyncio.create_task(batch.get({1}))
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(batch.get({number})) for number in (1, 2)]
    await asyncio.sleep(0.01)
    assert source.asked == [{1}]
    source.answers.set()
    assert [(await early)[1], (await late[0])[1], (await late[1])[2]] == [1, 1, 4]
    assert source.asked == [{1}, {1, 2}]


async def test_a_call_runs_in_the_context_of_the_first_who_asked_for_it() -> None:
    request, seen, answers = ContextVar[int]("request"), list[int](), asyncio.Event()

    async def load(keys: Collection[int]) -> Mapping[int, int]:
        seen.append(request.get())
        await answers.wait()
        return {}

    async def ask(number: int) -> None:
        request.set(number)
        await batch.get({number})

    batch = Batch(load)
    early = asyncio.create_task(ask(1))
    await asyncio.sleep(0.01)
    late = [asyncio.create_task(ask(number)) for number in (2, 3)]
    await asyncio.sleep(0.01)
    answers.set()
    await asyncio.gather(early, *late)
    assert seen == [1, 2]


async def test_those_who_wait_for_their_turn_do_not_wait_once_more_for_what_has_failed(source: Source) -> None:
    batch = Batch(source.load)
    source.answers.clear()
    source.fails = True
    early = asyncio.create_task(batch.get({1}))
    await asyncio.sleep(0.01)
    late = asyncio.create_task(batch.get({2}))
    await asyncio.sleep(0.01)
    source.answers.set()
    outcomes = await asyncio.gather(early, late, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 2
    assert source.asked == [{1}]
    source.fails = False
    assert (await batch.get({3}))[3] == 9


async def test_a_failure_reaches_everybody_and_nobody_later(source: Source) -> None:
    batch = Batch(source.load)
    source.fails = True
    outcomes = await asyncio.gather(*(batch.get({number}) for number in range(5)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError] * 5
    source.fails = False
    assert (await batch.get({3}))[3] == 9


async def test_somebody_who_gives_up_hurts_nobody_else(source: Source) -> None:
    batch = Batch(source.load)
    source.answers.clear()
    askers = [asyncio.create_task(batch.get({number})) for number in range(3)]
    await asyncio.sleep(0.01)
    askers[0].cancel()
    await asyncio.sleep(0.01)
    source.answers.set()
    assert [(await asker)[number] for number, asker in enumerate(askers) if number] == [1, 4]
    with pytest.raises(asyncio.CancelledError):
        await askers[0]


async def test_a_failure_that_nobody_waits_for_any_more_is_nobodys(source: Source, complaints: list[object]) -> None:
    batch = Batch(source.load)
    source.answers.clear()
    source.fails = True
    asker = asyncio.create_task(batch.get({1}))
    await asyncio.sleep(0.01)
    asker.cancel()
    await asyncio.sleep(0.01)
    source.answers.set()
    await asyncio.sleep(0.01)
    gc.collect()
    assert complaints == []
