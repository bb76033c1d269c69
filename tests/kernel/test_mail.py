import time
from collections.abc import AsyncGenerator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from kernel.db import new_id
from kernel.mail import Compose, Letter, Link, Mail, MailQueued, post, post_many
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from kernel.settings import KernelSettings, MailSettings
from kernel.unit_of_work import UnitOfWork
from tests.kernel.smtp_sink import Sink, smtp_sink
from tests.kernel.support import HASTY as HASTY_JOBS
from tests.kernel.support import Open, break_the_commit, only_row, pass_time, without_redis

RECIPIENT = "ada@example.org"
LETTER = Letter(
    subject="Hello",
    paragraphs=("Hello Ada.", "Bye."),
    link=Link("Look", "https://quire.test/?token=t"),
    headers={"List-Unsubscribe": f"<https://quire.test/unsubscribe?token={'t' * 80}>"},
)
HASTY = MailSettings(timeout=0.2)


def always(letter: Letter | None) -> dict[str, Compose]:
    async def compose(mail: Mail, uow: UnitOfWork) -> Letter | None:
        return letter

    return {"scratch.letter": compose}


@pytest.fixture
async def sink() -> AsyncGenerator[Sink]:
    async with smtp_sink() as listening:
        yield listening


async def send(runtime: Runtime) -> UUID:
    async with runtime.database.unit_of_work() as uow:
        return await post(uow, "scratch.letter", user_id=new_id(), recipient=RECIPIENT)


async def ledger(runtime: Runtime) -> MailRow:
    async with runtime.database.unit_of_work() as uow:
        return (await uow.session.scalars(select(MailRow))).one()


async def test_a_mail_becomes_one_file_however_often_it_is_sent(
    open_kernel: Open, settings: KernelSettings, tmp_path: Path
) -> None:
    async def break_down_the_first_time(mail: Mail, uow: UnitOfWork) -> Letter:
        if not files():
            await break_the_commit(uow)
        return LETTER

    def files() -> list[Path]:
        return list((tmp_path / "mails").iterdir()) if (tmp_path / "mails").exists() else []

    runtime = open_kernel(letters={"scratch.letter": break_down_the_first_time}, mail_url=f"file:{tmp_path}/mails")
    delivery = without_redis(runtime, settings)
    mail_id = await send(runtime)
    for state in ("queued", "sent"):
        await pass_time(runtime.database)
        await delivery.relay()
        assert (await ledger(runtime)).state == state
        assert [file.name for file in files()] == [f"{mail_id}.eml"]
    message = message_from_bytes(files()[0].read_bytes(), policy=default)
    assert message["Message-ID"] == f"<{mail_id}@quire.test>"


async def test_a_mail_is_handed_to_the_server_once(open_kernel: Open, settings: KernelSettings, sink: Sink) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    mail_id = await send(runtime)
    assert sink.mails == []
    for _ in range(2):
        await pass_time(runtime.database)
        await delivery.relay()
    (mail,) = sink.mails
    assert (mail.sender, mail.recipients) == ("no-reply@localhost", (RECIPIENT,))
    assert mail.message["Message-ID"] == f"<{mail_id}@quire.test>"
    assert f"\r\nList-Unsubscribe: {LETTER.headers['List-Unsubscribe']}\r\n".encode() in mail.raw
    row = await ledger(runtime)
    assert (row.state, row.attempts, row.last_error) == ("sent", 1, None)
    assert row.sent_at is not None


async def test_a_mail_that_was_sent_is_not_sent_again_when_its_event_is_replayed(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    mail_id = await send(runtime)
    await delivery.relay()
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(MailQueued(mail_id=mail_id))
    assert await delivery.relay() == 1
    assert len(sink.mails) == 1
    assert (await ledger(runtime)).attempts == 1


@pytest.mark.parametrize(
    ("occasion", "reply"),
    [
        ("CONNECT", b"421 too busy"),
        ("MAIL", b"451 not now"),
        ("RCPT", b"450 greylisted"),
        ("DATA", b"451 not now"),
        ("MESSAGE", b"452 disk full"),
        ("CONNECT", b""),
        ("MESSAGE", b""),
        ("MESSAGE", b"451 sp\xe4ter\x00"),
    ],
)
async def test_what_the_server_does_not_take_now_is_sent_later_as_the_same_mail(
    open_kernel: Open, settings: KernelSettings, sink: Sink, occasion: str, reply: bytes
) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url, mail=HASTY)
    delivery = without_redis(runtime, settings)
    mail_id = await send(runtime)
    sink.replies[occasion] = reply
    await delivery.relay()
    deferred, row = await ledger(runtime), await only_row(runtime.database)
    assert (deferred.state, deferred.attempts, row.attempts, row.done_at) == ("queued", 1, 1, None)
    assert deferred.last_error
    sink.replies.clear()
    await pass_time(runtime.database)
    await delivery.relay()
    assert [mail.message["Message-ID"] for mail in sink.mails] == [f"<{mail_id}@quire.test>"]
    sent = await ledger(runtime)
    assert (sent.state, sent.attempts) == ("sent", 2)


async def test_a_mail_that_was_taken_but_not_noted_is_sent_again_as_the_same_mail(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    async def break_down_the_first_time(mail: Mail, uow: UnitOfWork) -> Letter:
        if not sink.mails:
            await break_the_commit(uow)
        return LETTER

    runtime = open_kernel(letters={"scratch.letter": break_down_the_first_time}, mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    await send(runtime)
    await delivery.relay()
    await pass_time(runtime.database)
    await delivery.relay()
    first, second = sink.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert (await ledger(runtime)).state == "sent"


@pytest.mark.parametrize(
    ("occasion", "reply"),
    [("RCPT", b"550 no such user"), ("MESSAGE", b"554 no"), ("MAIL", b"550 not you"), ("RCPT", b"550 n\xe4\x00")],
)
async def test_what_the_server_refuses_for_good_has_failed_and_is_not_tried_again(
    open_kernel: Open, settings: KernelSettings, sink: Sink, occasion: str, reply: bytes
) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    await send(runtime)
    sink.replies[occasion] = reply
    await delivery.relay()
    failed, row = await ledger(runtime), await only_row(runtime.database)
    assert (failed.state, failed.attempts, row.done_at is not None) == ("failed", 1, True)
    assert "55" in (failed.last_error or "")
    sink.replies.clear()
    await pass_time(runtime.database)
    assert await delivery.relay() == 0
    assert sink.mails == []


async def test_a_server_that_answers_each_time_at_the_last_moment_is_not_waited_for_for_ever(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    sink.pause = 0.15
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url, mail=HASTY)
    await send(runtime)
    began = time.monotonic()
    await without_redis(runtime, settings).relay()
    assert time.monotonic() - began < 4 * HASTY.timeout
    assert (await ledger(runtime)).state == "queued"


async def test_a_mail_that_is_not_wanted_any_more_is_dropped(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    runtime = open_kernel(letters=always(None), mail_url=sink.url)
    await send(runtime)
    await without_redis(runtime, settings).relay()
    assert ((await ledger(runtime)).state, sink.mails) == ("dropped", [])


async def test_a_mail_of_an_unknown_kind_waits_for_somebody_who_can_write_it(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    old, new = open_kernel(mail_url=sink.url), open_kernel(letters=always(LETTER), mail_url=sink.url)
    await send(old)
    await without_redis(old, settings).relay()
    assert (await ledger(old)).state == "queued"
    await pass_time(new.database)
    await without_redis(new, settings).relay()
    assert len(sink.mails) == 1


async def test_a_mail_whose_last_attempt_failed_does_not_look_as_if_it_were_on_its_way(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    await send(runtime)
    sink.replies["RCPT"] = b"450 greylisted"
    for _ in range(HASTY_JOBS.max_attempts):
        assert (await ledger(runtime)).state == "queued"
        await pass_time(runtime.database)
        await delivery.relay()
    failed, row = await ledger(runtime), await only_row(runtime.database)
    assert (failed.state, failed.attempts, row.dead_at is not None) == ("failed", HASTY_JOBS.max_attempts, True)
    assert "greylisted" in (failed.last_error or "")


async def test_a_letter_that_cannot_be_written_has_failed_in_the_end(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    runtime = open_kernel(mail_url=sink.url)
    delivery = without_redis(runtime, settings)
    await send(runtime)
    for _ in range(HASTY_JOBS.max_attempts):
        await pass_time(runtime.database)
        await delivery.relay()
    assert ((await ledger(runtime)).state, sink.mails) == ("failed", [])


async def test_an_address_that_the_server_cannot_be_told_has_failed_at_once(
    open_kernel: Open, settings: KernelSettings, sink: Sink
) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    async with runtime.database.unit_of_work() as uow:
        await post(uow, "scratch.letter", user_id=new_id(), recipient="mikë@example.org")
    await without_redis(runtime, settings).relay()
    failed = await ledger(runtime)
    assert (failed.state, failed.attempts, sink.mails) == ("failed", 1, [])
    assert "SMTPUTF8" in (failed.last_error or "")


async def test_a_mail_to_many_is_one_to_each(open_kernel: Open, settings: KernelSettings, sink: Sink) -> None:
    runtime = open_kernel(letters=always(LETTER), mail_url=sink.url)
    recipients = {new_id(): f"reader{number}@example.org" for number in range(3)}
    async with runtime.database.unit_of_work() as uow:
        await post_many(uow, "scratch.letter", recipients, facts={})
        await post_many(uow, "scratch.letter", {}, facts={})
    await without_redis(runtime, settings).relay()
    assert sorted(mail.recipients for mail in sink.mails) == [(each,) for each in sorted(recipients.values())]
    assert len({mail.message["Message-ID"] for mail in sink.mails}) == 3
