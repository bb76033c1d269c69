"""What is new, while it happens."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias

import httpx
import msgspec
import pytest
from sqlalchemy import select, update

from kernel.application import create_app
from kernel.db import utc_now
from kernel.errors import InvalidToken
from kernel.http import streaming
from kernel.http.edge import Application
from kernel.idempotency import IdempotencyRow
from kernel.runtime import Runtime
from kernel.security import Authenticator, Principal
from kernel.settings import KernelSettings
from kernel.telemetry import CURRENT, Trace
from modules.notifications.models import StreamTicketRow
from modules.notifications.module import notifications
from modules.notifications.services import stream_hub
from modules.notifications.settings import NotificationsSettings
from tests.callers import Caller, credulous
from tests.kernel.support import NOWHERE
from tests.notifications.delivering import deliver, followed_by, gather, reacted, somebodys_post
from tests.notifications.integration.test_inbox import INBOX, inbox
from tests.notifications.listening import listening, said
from tests.posts.fakes import FakePosts
from tests.problems import refusal
from tests.running import eventually, running
from tests.users.fakes import FakeUsers

TICKETS = f"{INBOX}/stream-tickets"
REVOKED: set[str] = set()
TRACES: list[Trace | None] = []
"""Those within which somebody was looked at."""

Open: TypeAlias = Callable[..., Awaitable[Application]]


def revocable(*_: object) -> Authenticator:
    """Believes every word, but of a token that was revoked."""
    believe = credulous()

    async def authenticate(token: str) -> Principal:
        TRACES.append(CURRENT.get())
        if token in REVOKED:
            raise InvalidToken
        return await believe(token)

    return authenticate


@pytest.fixture
async def open_app(settings: KernelSettings, everybody: FakeUsers, everything: FakePosts) -> AsyncGenerator[Open]:
    """Opens applications, each like a process of its own."""
    async with AsyncExitStack() as stack:

        async def open_one(**changes: object) -> Application:
            changed = msgspec.structs.replace(settings, **changes)
            known = notifications(
                NotificationsSettings(),
                changed,
                provide_users=lambda _: everybody,
                provide_posts=lambda _: everything,
            )
            neighbours = {**known.dependencies, "users": lambda: everybody, "posts": lambda: everything}
            alone = replace(known, dependencies=neighbours, authenticator=revocable, subscribers=[])
            app = create_app(changed, [alone])
            await stack.enter_async_context(running(app))
            return app

        yield open_one
        REVOKED.clear()


@pytest.fixture
async def app(open_app: Open) -> Application:
    return await open_app()


def over(app: Application) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://quire.test")


async def test_what_arrives_is_told_as_it_is_in_the_inbox(
    app: Application, http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with listening(app, ann.headers) as listener:
        assert listener.status == 200
        assert listener.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert listener.headers["cache-control"] == "no-store"
        await deliver(runtime, followed_by(bob.user), ann.user.id)
        event = await listener.next()
    [item] = await inbox(http, ann)
    assert (event["event"], event["id"], said(event)) == ("notification", item["id"], item)


async def test_an_event_is_one_line_also_to_who_takes_other_characters_for_its_end(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller, posts: FakePosts
) -> None:
    post = somebodys_post("a\x85b\u2028c\u2029d\r\ne")
    posts.posts = {post.id: post}
    async with listening(app, ann.headers) as listener:
        await deliver(runtime, reacted(bob.user, post), ann.user.id)
        event = await listener.next()
    assert event["data"].splitlines() == [event["data"]]
    assert said(event)["body"] == post.title


async def test_what_is_done_for_all_streams_belongs_to_the_trace_of_none(app: Application, ann: Caller) -> None:

    TRACES.clear()
    headers = {**ann.headers, "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    async with listening(app, headers):
        await eventually(lambda: len(TRACES) > 1)
    assert TRACES[0] is not None
    assert TRACES[1] is None


async def test_nobody_hears_what_is_told_to_others(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with listening(app, ann.headers) as anns, listening(app, bob.headers) as bobs:
        await deliver(runtime, followed_by(bob.user), ann.user.id)
        await deliver(runtime, followed_by(ann.user), bob.user.id)
        assert said(await anns.next())["actor"]["name"] == "Bob"
        assert said(await bobs.next())["actor"]["name"] == "Ann"
    assert (len(anns.events()), len(bobs.events())) == (1, 1)


async def test_everything_is_told_once_in_the_order_of_its_arrival(
    app: Application, http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    await deliver(runtime, followed_by(bob.user), ann.user.id)
    async with listening(app, ann.headers) as one, listening(app, ann.headers) as other:
        await asyncio.gather(*(deliver(runtime, followed_by(bob.user), ann.user.id) for _ in range(25)))
        heard = [await listener.next_ids(25) for listener in (one, other)]
    *there, _ = [item["id"] for item in await inbox(http, ann, limit=100)]
    assert heard == [there[::-1], there[::-1]]


async def test_nobody_takes_the_places_of_all(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_hub, "EACH", 2)
    async with (
        listening(app, bob.headers) as bobs,
        listening(app, ann.headers) as oldest,
        listening(app, ann.headers) as one,
        listening(app, ann.headers) as other,
    ):
        async with asyncio.timeout(5):
            await oldest.ended.wait()
        await deliver(runtime, followed_by(bob.user), ann.user.id)
        assert await one.next_ids(1) == await other.next_ids(1)
        assert not bobs.ended.is_set()
    assert oldest.events() == []


async def test_whoever_comes_back_hears_what_they_missed_and_nothing_twice(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with listening(app, ann.headers) as listener:
        for _ in range(2):
            await deliver(runtime, followed_by(bob.user), ann.user.id)
        first = await listener.next_ids(2)
    for _ in range(3):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    async with listening(app, {**ann.headers, "Last-Event-ID": first[1]}) as back:
        missed = await back.next_ids(3)
        await deliver(runtime, followed_by(bob.user), ann.user.id)
        [after] = await back.next_ids(1)
    async with listening(app, ann.headers, query=f"last_event_id={first[0]}") as again:
        assert await again.next_ids(5) == [first[1], *missed, after]
    assert len({*first, *missed, after}) == 6
    assert len(back.events()) == 4


async def test_one_that_was_deleted_meanwhile_still_says_where_to_go_on(
    app: Application, http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    for _ in range(3):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    newest, middle, _ = [item["id"] for item in await inbox(http, ann)]
    await http.delete(f"{INBOX}/{middle}", headers=ann.headers)
    for last in (middle, middle[:-1] + ("0" if middle[-1] != "0" else "1")):
        async with listening(app, {**ann.headers, "Last-Event-ID": last}) as listener:
            heard = await listener.next()
            while heard["id"] != newest:
                heard = await listener.next()


@pytest.mark.parametrize("last", ["", "x", "7", "01990000-0000-7000-8000-00000000000"])
async def test_an_id_that_is_none_tells_nothing(app: Application, runtime: Runtime, ann: Caller, last: str) -> None:
    await deliver(runtime, followed_by(ann.user), ann.user.id)
    async with listening(app, {**ann.headers, "Last-Event-ID": last}) as listener:
        await deliver(runtime, followed_by(ann.user), ann.user.id)
        await listener.next()
    assert len(listener.events()) == 1


async def test_what_is_told_together_comes_again_with_one_more(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with listening(app, ann.headers) as listener:
        for follower in (bob, ann):
            await gather(runtime, followed_by(follower.user), ann.user.id)
            await asyncio.sleep(0)
            event = await listener.next()
        assert (said(event)["count"], said(event)["title"]) == (2, "Ann and 1 other follow you")


async def test_every_process_hears_of_it(open_app: Open, runtime: Runtime, ann: Caller, bob: Caller) -> None:
    one, other = await open_app(), await open_app()
    async with listening(one, ann.headers) as first, listening(other, ann.headers) as second:
        await deliver(runtime, followed_by(bob.user), ann.user.id)
        assert (await first.next())["id"] == (await second.next())["id"]


async def test_without_redis_it_takes_a_little_longer(
    open_app: Open, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    app = await open_app(redis_url=NOWHERE)
    async with listening(app, ann.headers) as listener:
        for _ in range(2):
            await deliver(runtime, followed_by(bob.user), ann.user.id)
            await listener.next()
    assert len(listener.events()) == 2


async def test_a_slow_reader_gets_all_of_it_in_the_end(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_hub, "AT_ONCE", 3)
    for _ in range(8):
        await deliver(runtime, followed_by(bob.user), ann.user.id)
    async with listening(app, {**ann.headers, "Last-Event-ID": "01990000-0000-7000-8000-000000000000"}) as listener:
        assert len(set(await listener.next_ids(8))) == 8


async def test_a_stream_ends_within_a_second_when_its_right_is_revoked(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with listening(app, ann.headers) as anns, listening(app, bob.headers) as bobs:
        REVOKED.add(ann.headers["Authorization"].removeprefix("Bearer "))
        began = time.monotonic()
        async with asyncio.timeout(5):
            await anns.ended.wait()
        assert time.monotonic() - began < 3  # on a busy machine
        await deliver(runtime, followed_by(ann.user), bob.user.id)
        await bobs.next()
        assert not bobs.ended.is_set()


async def test_silence_is_broken_now_and_then(app: Application, ann: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.01)
    async with listening(app, ann.headers) as listener:
        await eventually(lambda: listener.text.count(":\n\n") >= 3)
        assert listener.events() == []


async def test_nothing_goes_on_when_the_last_one_has_left(app: Application, ann: Caller) -> None:
    before = asyncio.all_tasks()
    async with listening(app, ann.headers):
        assert len(asyncio.all_tasks() - before) >= 4

    await eventually(lambda: not asyncio.all_tasks() - before)


async def test_its_head_is_an_answer_that_ends(app: Application, ann: Caller) -> None:
    async with over(app) as client:
        answer = await client.head(f"{INBOX}/stream", headers=ann.headers)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_ticket_opens_one_stream_without_a_token(
    app: Application, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    async with over(app) as client:
        answer = await client.post(TICKETS, headers=ann.headers)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
        ticket, expires_in = answer.json()["ticket"], answer.json()["expires_in"]
        assert (expires_in, answer.headers["Location"]) == (30, f"{INBOX}/stream?ticket={ticket}")
        async with listening(app, query=f"ticket={ticket}") as listener:
            await deliver(runtime, followed_by(bob.user), ann.user.id)
            await listener.next()
            again = await client.get(f"{INBOX}/stream", params={"ticket": ticket})
            assert refusal(again) == (401, "invalid_ticket")
            REVOKED.add(ann.headers["Authorization"].removeprefix("Bearer "))
            async with asyncio.timeout(5):
                await listener.ended.wait()


async def test_a_ticket_is_good_for_thirty_seconds(app: Application, runtime: Runtime, ann: Caller) -> None:
    async with over(app) as client:
        ticket = (await client.post(TICKETS, headers=ann.headers)).json()["ticket"]
        async with runtime.database.unit_of_work() as uow:
            expires_at = (await uow.session.scalars(select(StreamTicketRow.expires_at))).one()
            assert timedelta(seconds=25) < expires_at - utc_now() <= timedelta(seconds=30)
            await uow.session.execute(update(StreamTicketRow).values(expires_at=utc_now()))
        late = await client.get(f"{INBOX}/stream", params={"ticket": ticket})
        assert refusal(late) == (401, "invalid_ticket")


async def test_a_ticket_that_got_lost_is_given_again_under_its_key(app: Application, ann: Caller) -> None:
    async with over(app) as client:
        first, again = [await client.post(TICKETS, headers={**ann.headers, "Idempotency-Key": "1"}) for _ in range(2)]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (201, first.content)
    assert {again.headers[name] for name in ("Location", "Cache-Control")} == {
        f"{INBOX}/stream?ticket={first.json()['ticket']}",
        "no-store",
    }


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "1"}])
async def test_neither_ticket_nor_token_is_kept_as_it_is(
    app: Application, runtime: Runtime, ann: Caller, key: dict[str, str]
) -> None:
    async with over(app) as client:
        ticket = (await client.post(TICKETS, headers={**ann.headers, **key})).json()["ticket"]
    async with runtime.database.unit_of_work() as uow:
        row = (await uow.session.scalars(select(StreamTicketRow))).one()
        answers = (await uow.session.scalars(select(IdempotencyRow))).all()
    assert len(answers) == len(key)
    kept = f"{row.digest} {row.token!r} {[(each.headers, each.body) for each in answers]}"
    assert ticket not in kept
    assert ann.headers["Authorization"].removeprefix("Bearer ") not in kept


@pytest.mark.parametrize("query", ["", "ticket=", "ticket=x", "ticket=0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"])
async def test_without_either_there_is_no_stream(app: Application, query: str) -> None:
    async with over(app) as client:
        answer = await client.get(f"{INBOX}/stream?{query}")
        assert answer.status_code == 401
        assert (await client.post(TICKETS)).status_code == 401
