"""Mails that are gathered, and sent at an hour that suits."""

from datetime import UTC, timedelta
from pathlib import Path

from sqlalchemy import select

from kernel.db import utc_now
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.notifications.models import NotificationRow, PreferencesRow
from modules.notifications.tasks import send_digests
from modules.users import User
from tests.notifications.happening import (
    comment,
    count,
    join,
    mails_to,
    publish_and_deliver,
    row_of,
    text_of,
    write,
)
from tests.running import context_of, deliver_everything
from tests.statements import statements


async def subscribe(runtime: Runtime, person: User, digest: str) -> None:
    row = await row_of(runtime, person.id)
    row.digest, row.digest_due = digest, utc_now() - timedelta(minutes=1)
    row.digested = 1  # the welcome
    await row_of(runtime, person.id, put=row)


async def the_hour_strikes(runtime: Runtime) -> None:
    await send_digests(context_of(runtime))
    await deliver_everything(runtime)


async def stored(runtime: Runtime) -> PreferencesRow:
    async with runtime.database.unit_of_work() as uow:
        return (await uow.session.scalars(select(PreferencesRow))).one()


async def test_what_waits_is_told_in_one_mail_at_the_hour(runtime: Runtime, mailbox: Path) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    await deliver_everything(runtime)
    await subscribe(runtime, ann, "daily")
    post_id = await write(runtime, ann, "Folding")
    await publish_and_deliver(runtime, *(comment(bob, post_id, on=ann) for _ in range(3)))
    assert mails_to(mailbox, ann) == []
    await the_hour_strikes(runtime)
    [mail] = mails_to(mailbox, ann)
    assert mail["Subject"] == "3 new notifications"
    assert text_of(mail).count("Bob commented on your post: Folding") == 3
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    due = (await stored(runtime)).digest_due
    assert due is not None
    assert timedelta() < due - utc_now() <= timedelta(days=1)


async def test_a_digest_tells_nothing_twice_and_nothing_that_was_read(runtime: Runtime, mailbox: Path) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    await deliver_everything(runtime)
    await subscribe(runtime, ann, "weekly")
    post_id = await write(runtime, ann, "Folding")
    await publish_and_deliver(runtime, comment(bob, post_id, on=ann))
    for _ in range(3):
        await the_hour_strikes(runtime)
    [first] = mails_to(mailbox, ann)
    assert first["Subject"] == "1 new notification"
    for _ in range(2):
        row = await stored(runtime)
        row.digest_due = utc_now()
        await row_of(runtime, ann.id, put=row)
        await the_hour_strikes(runtime)
    assert len(mails_to(mailbox, ann)) == 1
    assert await count(runtime, MailRow.kind == "notifications.digest", of=MailRow) == 1
    assert await count(runtime, NotificationRow.recipient_id == ann.id) == 2


async def test_many_digests_are_looked_up_together(runtime: Runtime) -> None:
    for name in ("ann", "bob", "cleo"):
        await subscribe(runtime, await join(runtime, name), "daily")
    with statements() as sent:
        await send_digests(context_of(runtime))
    assert len([each for each in sent if "FROM notifications.inboxes" in each]) == 1


async def test_a_zone_that_nobody_knows_any_more_keeps_no_digest_back(runtime: Runtime, mailbox: Path) -> None:
    ann, bob, cleo = [await join(runtime, name) for name in ("ann", "bob", "cleo")]
    await deliver_everything(runtime)
    for person, timezone in ((ann, "Mars/Olympus_Mons"), (bob, "Europe/Berlin")):
        await subscribe(runtime, person, "daily")
        row = await row_of(runtime, person.id)
        row.timezone = timezone
        await row_of(runtime, person.id, put=row)
        await publish_and_deliver(runtime, comment(cleo, await write(runtime, person), on=person))
    await the_hour_strikes(runtime)
    assert [len(mails_to(mailbox, person)) for person in (ann, bob)] == [1, 1]
    row = await row_of(runtime, ann.id)
    assert row.digest_due is not None
    assert (row.digest_due > utc_now(), row.digest_due.astimezone(UTC).hour) == (True, row.digest_hour)


async def test_whoever_wants_no_digest_any_more_gets_none(runtime: Runtime, mailbox: Path) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    await deliver_everything(runtime)
    await subscribe(runtime, ann, "daily")
    await publish_and_deliver(runtime, comment(bob, await write(runtime, ann), on=ann))
    await send_digests(context_of(runtime))
    row = await stored(runtime)
    row.digest = "off"
    await row_of(runtime, ann.id, put=row)
    await deliver_everything(runtime)
    assert mails_to(mailbox, ann) == []
