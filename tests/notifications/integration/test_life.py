"""Who is told of comments, reactions and of what concerns their account."""

import pytest

from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.auth import SecurityNoticed
from tests.notifications.happening import comment, count, follow_with, join, publish_and_deliver, reaction, told, write


async def test_a_comment_is_told_to_the_author_and_an_answer_to_whoever_is_answered(runtime: Runtime) -> None:
    ann, bob, cleo = [await join(runtime, name) for name in ("ann", "bob", "cleo")]
    post_id = await write(runtime, ann)
    await publish_and_deliver(runtime, comment(bob, post_id, on=ann), comment(cleo, post_id, on=ann, answering=bob))
    assert await told(runtime, ann) == ["new_comment", "new_comment"]
    assert await told(runtime, bob) == ["comment_reply"]
    assert await told(runtime, cleo) == []


async def test_an_author_who_is_answered_is_told_once(runtime: Runtime) -> None:
    ann, bob = [await join(runtime, name) for name in ("ann", "bob")]
    await publish_and_deliver(runtime, comment(bob, await write(runtime, ann), on=ann, answering=ann))
    assert await told(runtime, ann) == ["comment_reply"]


async def test_nobody_is_told_of_their_own_acts(runtime: Runtime) -> None:
    ann = await join(runtime, "ann")
    post_id = await write(runtime, ann)
    await publish_and_deliver(
        runtime,
        comment(ann, post_id, on=ann),
        comment(ann, post_id, on=ann, answering=ann),
        reaction(ann, post_id, ann),
        follow_with(ann.id, ann.id),
    )
    assert await told(runtime, ann) == []


async def test_a_reaction_is_told_to_the_author(runtime: Runtime) -> None:
    ann, bob = [await join(runtime, name) for name in ("ann", "bob")]
    await publish_and_deliver(runtime, reaction(bob, await write(runtime, ann), ann))
    assert await told(runtime, ann) == ["new_reaction"]


@pytest.mark.parametrize("kind", SecurityNoticed.__annotations__["kind"].__args__)
async def test_what_concerns_an_account_is_told_in_the_inbox_alone(runtime: Runtime, kind: str) -> None:
    ann = await join(runtime, "ann")
    await publish_and_deliver(runtime, SecurityNoticed(user_id=ann.id, kind=kind))  # type: ignore[arg-type] # one of them
    assert await told(runtime, ann) == ["security_alert"]
    assert await count(runtime, MailRow.kind == "notifications.security_alert", of=MailRow) == 0
