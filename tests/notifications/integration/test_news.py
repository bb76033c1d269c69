"""What becomes of events: one notification for each person, however often an event is delivered."""

import asyncio
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, text

from kernel.db import new_id
from kernel.events import Event
from kernel.mail.ledger import MailRow
from kernel.outbox import OutboxRow, lease
from kernel.runtime import Runtime
from modules.auth import SecurityNoticed
from modules.notifications import subscribers
from modules.notifications.models import InboxRow, NotificationRow
from modules.notifications.subscribers import greet, tell_followee, tell_followers
from modules.posts import CommentWritten, PostPublished, ReactionAdded
from modules.users import NewUser, User, UserFollowed, UserRegistered, provide_accounts
from modules.users.models import FollowRow, UserRow
from tests.notifications.delivering import Counts, counts
from tests.running import deliver_everything, delivery_of
from tests.statements import statements

MANY = 2_400
TIMES = 8


async def publish(runtime: Runtime, event: Event) -> None:
    async with runtime.database.unit_of_work() as uow:
        await uow.publish(event)


async def join(runtime: Runtime, email: str = "ann@example.org", name: str = "Ann Leaf") -> User:
    async with runtime.database.unit_of_work() as uow:
        return await provide_accounts(uow).create(NewUser(email=email, name=name))


async def reader_of(runtime: Runtime) -> UUID:
    """Somebody who is there, and was greeted long ago."""
    row = UserRow(id=new_id(), username=uuid4().hex[:30], name="Reader", bio="", roles=[])
    row.email = row.email_identity = f"{row.username}@example.org"
    row.is_active, row.is_superuser, row.email_verified = True, False, True
    async with runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return row.id


async def follow(runtime: Runtime, followee: UUID, followers: int) -> list[UUID]:
    """So many followers, without the ceremony."""
    ids = [new_id() for _ in range(followers)]
    rows = [{"follower_id": follower, "followee_id": followee} for follower in ids]
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(insert(FollowRow), rows)
    return ids


async def count(runtime: Runtime, *conditions: object, of: type = NotificationRow) -> int:
    async with runtime.database.unit_of_work() as uow:
        return await uow.session.scalar(select(func.count()).select_from(of).where(*conditions)) or 0  # type: ignore[arg-type]


def mails_to(mailbox: Path, recipient: str) -> list[str]:
    return [mail for mail in (file.read_text() for file in mailbox.glob("*.eml")) if f"To: {recipient}" in mail]


async def test_every_follower_hears_of_a_post_once(runtime: Runtime) -> None:
    author = new_id()
    followers = await follow(runtime, author, MANY)
    await publish(runtime, PostPublished(post_id=new_id(), author_id=author))
    with statements() as sent:
        await deliver_everything(runtime)
    async with runtime.database.unit_of_work() as uow:
        told = (await uow.session.scalars(select(NotificationRow.recipient_id))).all()
        inboxes = await uow.session.execute(select(InboxRow.id, InboxRow.unread))
        assert dict(inboxes.tuples().all()) == dict.fromkeys(followers, 1)
    assert sorted(told) == sorted(followers)
    assert len([each for each in sent if "INSERT INTO notifications" in each]) == len(range(0, MANY, subscribers.PAGE))


async def test_telling_many_goes_on_where_it_was_and_lets_others_in_between(runtime: Runtime) -> None:
    author, reader = new_id(), await reader_of(runtime)
    await follow(runtime, author, MANY)
    news = PostPublished(post_id=new_id(), author_id=author)
    await publish(runtime, news)
    told = []
    while await count(runtime, OutboxRow.done_at.is_(None), of=OutboxRow):
        async with runtime.database.unit_of_work() as uow:
            leased = await lease(uow.session, seconds=60)
        for subscriber, ids in leased.items():
            await delivery_of(runtime).deliver(subscriber, [str(row_id) for row_id in ids])
        told.append(await count(runtime, NotificationRow.event_id == news.event_id))
        if len(told) == 1:
            await publish(runtime, UserFollowed(follower_id=author, followee_id=reader))
        if len(told) == 2:
            assert await counts(runtime, reader) == Counts(1, 1, 1)
    assert told == [*range(subscribers.PAGE, MANY, subscribers.PAGE), MANY]


async def test_a_page_that_fails_is_told_again_as_a_whole(runtime: Runtime) -> None:
    author = new_id()
    await follow(runtime, author, MANY)
    news = PostPublished(post_id=new_id(), author_id=author)

    async def hear_and_fail() -> None:
        async with runtime.database.unit_of_work() as uow:
            await tell_followers(news, uow)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await hear_and_fail()
    assert await count(runtime) == await count(runtime, of=OutboxRow) == await count(runtime, of=InboxRow) == 0


@pytest.mark.parametrize("at_once", [True, False])
async def test_an_event_that_comes_again_and_again_is_told_once(runtime: Runtime, at_once: bool) -> None:
    author, reader = new_id(), await reader_of(runtime)
    followers = [*await follow(runtime, author, 50)]
    news = PostPublished(post_id=new_id(), author_id=author)
    following = UserFollowed(follower_id=author, followee_id=reader)

    async def hear() -> None:
        async with runtime.database.unit_of_work() as uow:
            await tell_followers(news, uow)
            await tell_followee(following, uow)

    if at_once:
        await asyncio.gather(*(hear() for _ in range(TIMES)))
    else:
        for _ in range(TIMES):
            await hear()
    assert await count(runtime, NotificationRow.event_id == news.event_id) == 50
    for recipient in (*followers[:3], reader):
        assert await counts(runtime, recipient) == Counts(1, 1, 1)


async def test_an_event_that_comes_again_does_not_wake_what_was_read(runtime: Runtime) -> None:
    reader = await reader_of(runtime)
    event = UserFollowed(follower_id=new_id(), followee_id=reader)
    for _ in range(2):
        async with runtime.database.unit_of_work() as uow:
            await tell_followee(event, uow)
            await uow.session.execute(text("UPDATE notifications.notifications SET read_at = now()"))
            await uow.session.execute(text("UPDATE notifications.inboxes SET unread = 0"))
    assert await counts(runtime, reader) == Counts(1, 0, 0)


async def test_each_event_counts(runtime: Runtime) -> None:
    reader = await reader_of(runtime)
    for _ in range(3):
        await publish(runtime, UserFollowed(follower_id=new_id(), followee_id=reader))
    await deliver_everything(runtime)
    assert await counts(runtime, reader) == Counts(1, 1, 1)
    async with runtime.database.unit_of_work() as uow:
        assert await uow.session.scalar(select(func.max(NotificationRow.count))) == 3


async def test_many_authors_with_the_same_followers_do_not_get_into_each_others_way(runtime: Runtime) -> None:
    authors = [new_id() for _ in range(8)]
    readers = [new_id() for _ in range(40)]
    pairs = [{"follower_id": reader, "followee_id": author} for author in authors for reader in readers]
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(insert(FollowRow), pairs)

    async def hear(author: UUID) -> None:
        async with runtime.database.unit_of_work() as uow:
            await tell_followers(PostPublished(post_id=new_id(), author_id=author), uow)

    await asyncio.gather(*map(hear, authors))
    assert await counts(runtime, readers[0]) == Counts(8, 8, 8)


async def test_a_newcomer_is_welcomed_once_in_the_inbox_and_by_mail(runtime: Runtime) -> None:
    ann = await join(runtime)
    delivery = delivery_of(runtime)
    async with runtime.database.unit_of_work() as uow:
        rows = await uow.session.execute(select(OutboxRow.subscriber, OutboxRow.id))
        [(subscriber, row_id)] = [row for row in rows.tuples() if row[0] == "notifications.subscribers.greet"]
    await asyncio.gather(*(delivery.deliver(subscriber, [str(row_id)]) for _ in range(TIMES)))
    await deliver_everything(runtime)
    assert await counts(runtime, ann.id) == Counts(1, 1, 1)
    assert await count(runtime, MailRow.kind == "notifications.welcome", MailRow.state == "sent", of=MailRow) == 1


async def test_a_welcome_that_is_asked_for_again_is_no_second_mail(runtime: Runtime) -> None:
    ann = await join(runtime)
    event = UserRegistered(user_id=ann.id)

    async def hear() -> None:
        async with runtime.database.unit_of_work() as uow:
            await greet(event, uow)

    await asyncio.gather(*(hear() for _ in range(TIMES)))
    assert await counts(runtime, ann.id) == Counts(1, 1, 1)
    assert await count(runtime, MailRow.kind == "notifications.welcome", of=MailRow) == 1


async def test_a_welcome_mail_says_nothing_that_the_newcomer_has_chosen(runtime: Runtime, mailbox: Path) -> None:
    await join(runtime, "victim@example.org", "Buy at http://evil.example")
    await deliver_everything(runtime)
    [mail] = mails_to(mailbox, "victim@example.org")
    assert "Welcome to Quire" in mail
    assert "evil" not in mail


async def test_nobody_tells_who_is_gone(runtime: Runtime) -> None:
    ann, gone = await reader_of(runtime), new_id()
    for event in (
        UserRegistered(user_id=gone),
        UserFollowed(follower_id=ann, followee_id=gone),
        SecurityNoticed(user_id=gone, kind="new_device"),
        ReactionAdded(post_id=new_id(), post_author_id=gone, user_id=ann, kind="like"),
        CommentWritten(
            comment_id=new_id(),
            post_id=new_id(),
            post_author_id=gone,
            author_id=ann,
            parent_id=new_id(),
            parent_author_id=gone,
        ),
    ):
        await publish(runtime, event)
    await deliver_everything(runtime)
    assert await count(runtime, OutboxRow.done_at.is_not(None), of=OutboxRow) == 5
    for kind in (NotificationRow, InboxRow, MailRow):
        assert await count(runtime, of=kind) == 0


async def test_no_word_about_anybody_is_kept(runtime: Runtime) -> None:
    ann, bob = await join(runtime), await join(runtime, "bob@example.org", "Bob Spine")
    await publish(runtime, UserFollowed(follower_id=ann.id, followee_id=bob.id))
    await deliver_everything(runtime)
    async with runtime.database.unit_of_work() as uow:
        kept = await uow.session.scalars(
            text(
                "SELECT n::text FROM notifications.notifications n"
                " UNION ALL SELECT i::text FROM notifications.inboxes i"
                " UNION ALL SELECT payload::text FROM kernel.outbox"
            )
        )
        everything = " ".join(kept).casefold()
    assert str(ann.id) in everything
    for word in ("ann", "leaf", "bob", "spine", "example.org"):
        assert word not in everything
