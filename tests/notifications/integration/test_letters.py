"""The mails about what happened: as people want them, and with a way out."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import delete, select, update

from kernel.db import new_id
from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.notifications.models import PreferencesRow
from modules.posts.models import PostRow
from modules.users.models import UserRow
from tests.notifications.happening import (
    comment,
    count,
    follow_with,
    join,
    mails_to,
    publish,
    publish_and_deliver,
    reaction,
    row_of,
    text_of,
    write,
)
from tests.problems import pointers, refusal
from tests.running import deliver_everything

MAILS = "kernel.mail.delivery.send"
UNSUBSCRIBE = "/api/v1/notifications/unsubscribe"


async def state_of(runtime: Runtime, kind: str) -> str:
    async with runtime.database.unit_of_work() as uow:
        return (await uow.session.scalars(select(MailRow.state).where(MailRow.kind == f"notifications.{kind}"))).one()


async def test_a_comment_is_mailed_with_a_way_out(runtime: Runtime, mailbox: Path) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    post_id = await write(runtime, ann, "Folding a quire")
    await publish_and_deliver(runtime, comment(bob, post_id, on=ann))
    [mail] = mails_to(mailbox, ann)
    assert mail["Subject"] == "Bob commented on your post"
    assert "Folding a quire" in text_of(mail)
    assert f"http://quire.test/api/v1/posts/{post_id}/comments" in text_of(mail)
    one_click = mail["List-Unsubscribe"]
    assert one_click.startswith(f"<http://quire.test{UNSUBSCRIBE}?token=")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "http://quire.test/unsubscribe?token=" in text_of(mail, "html")
    assert "token=" not in text_of(mail)
    assert mails_to(mailbox, bob) == []


async def test_the_welcome_has_a_way_out_too(runtime: Runtime, mailbox: Path) -> None:
    ann = await join(runtime, "ann")
    await deliver_everything(runtime)
    [mail] = mails_to(mailbox, ann, welcome=True)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_an_address_that_nobody_has_confirmed_gets_no_words_of_strangers(runtime: Runtime, mailbox: Path) -> None:
    victim, evil = await join(runtime, "victim", verified=False), await join(runtime, "evil")
    post_id = await write(runtime, victim, "Buy now")
    await publish_and_deliver(runtime, comment(evil, post_id, on=victim))
    [mail] = mails_to(mailbox, victim)
    assert mail["Subject"] == "Somebody commented on your post"
    assert "evil" not in mail.as_string().casefold()
    assert "buy now" not in mail.as_string().casefold()


async def test_turning_a_type_off_holds_back_what_is_on_its_way(runtime: Runtime, mailbox: Path) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    post_id = await write(runtime, ann)
    await publish(runtime, comment(bob, post_id, on=ann))
    await deliver_everything(runtime, but=MAILS)
    row = await row_of(runtime, ann.id)
    row.choices = {"new_comment": {"email": False}}
    await row_of(runtime, ann.id, put=row)
    await deliver_everything(runtime)
    assert (mails_to(mailbox, ann), await state_of(runtime, "new_comment")) == ([], "dropped")


@pytest.mark.parametrize("change", ["post deleted", "post hidden", "actor gone", "recipient gone"])
async def test_what_has_gone_meanwhile_is_not_mailed(runtime: Runtime, mailbox: Path, change: str) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    post_id = await write(runtime, ann)
    await publish(runtime, comment(bob, post_id, on=ann))
    await deliver_everything(runtime, but=MAILS)
    statement = {
        "post deleted": update(PostRow).values(deleted_at=PostRow.created_at),
        "post hidden": update(PostRow).values(status="draft"),
        "actor gone": update(UserRow).where(UserRow.id == bob.id).values(id=new_id()),
        "recipient gone": update(UserRow).where(UserRow.id == ann.id).values(is_active=False),
    }[change]
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(statement.execution_options(synchronize_session=False))
    await deliver_everything(runtime)
    assert (mails_to(mailbox, ann), await state_of(runtime, "new_comment")) == ([], "dropped")


async def test_repetitions_that_wait_are_mailed_once(runtime: Runtime, mailbox: Path) -> None:
    ann = await join(runtime, "ann")
    row = await row_of(runtime, ann.id)
    row.choices = {kind: {"email": True} for kind in ("new_reaction", "new_follower")}
    await row_of(runtime, ann.id, put=row)
    post_id = await write(runtime, ann)
    for name in ("bob", "cleo", "dan"):
        person = await join(runtime, name)
        await publish_and_deliver(runtime, reaction(person, post_id, ann), follow_with(person.id, ann.id))
    assert {mail["Subject"] for mail in mails_to(mailbox, ann)} == {"Bob reacted to your post", "Bob follows you"}
    assert len(mails_to(mailbox, ann)) == 2


async def token_of(runtime: Runtime, mailbox: Path) -> tuple[str, str]:
    """Out of the mail about a comment: for mail programs, and for people."""
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    await publish_and_deliver(runtime, comment(bob, await write(runtime, ann), on=ann))
    [mail] = mails_to(mailbox, ann)
    links = (
        mail["List-Unsubscribe"].strip("<>"),
        re.findall('http://quire.test/unsubscribe[^"]+', text_of(mail, "html"))[0],
    )
    one_click, page = (parse_qs(urlsplit(link).query)["token"][0] for link in links)
    return one_click, page


async def test_one_click_ends_one_kind_of_mail(runtime: Runtime, mailbox: Path, http: httpx.AsyncClient) -> None:
    one_click, page = await token_of(runtime, mailbox)
    assert one_click == page
    for _ in range(2):
        answer = await http.post(
            f"{UNSUBSCRIBE}?token={one_click}",
            content=b"List-Unsubscribe=One-Click",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert (answer.status_code, answer.content) == (204, b"")
    assert await count(runtime, of=PreferencesRow) == 1
    async with runtime.database.unit_of_work() as uow:
        [row] = (await uow.session.scalars(select(PreferencesRow))).all()
    assert row.choices == {"new_comment": {"email": False}}


async def test_a_link_is_good_only_as_it_was_written(runtime: Runtime, mailbox: Path, http: httpx.AsyncClient) -> None:
    token, _ = await token_of(runtime, mailbox)
    user_id, kind, mac = token.split(".")
    for wrong in ("", "x", f"{new_id()}.{kind}.{mac}", f"{user_id}.digest.{mac}", f"{user_id}.{kind}.", token[:-1]):
        refused = await http.post(UNSUBSCRIBE, params={"token": wrong})
        assert refusal(refused) == (400, "invalid_token")
    assert pointers(await http.post(UNSUBSCRIBE)) == {"/query/token"}
    assert await count(runtime, of=PreferencesRow) == 0


async def test_an_old_link_keeps_nothing_of_who_is_gone(
    runtime: Runtime, mailbox: Path, http: httpx.AsyncClient
) -> None:
    token, _ = await token_of(runtime, mailbox)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(delete(UserRow))
    assert (await http.post(UNSUBSCRIBE, params={"token": token})).status_code == 204
    assert await count(runtime, of=PreferencesRow) == 0


@pytest.mark.parametrize("opened", ["/unsubscribe", UNSUBSCRIBE])
async def test_the_page_asks_once_more(runtime: Runtime, mailbox: Path, http: httpx.AsyncClient, opened: str) -> None:
    token, _ = await token_of(runtime, mailbox)
    answer = await http.get(opened, params={"token": token})
    assert (answer.status_code, answer.text.count("<button")) == (200, 1)
    assert f'data-action="{UNSUBSCRIBE}"' in answer.text
    assert await count(runtime, of=PreferencesRow) == 0
