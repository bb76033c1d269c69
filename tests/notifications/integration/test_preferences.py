"""What people want to be told, and how."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from kernel.mail.ledger import MailRow
from kernel.runtime import Runtime
from modules.notifications.services import next_due
from tests.callers import Caller
from tests.notifications.happening import count, follow_with, join, publish_and_deliver, row_of
from tests.notifications.integration.test_inbox import INBOX, inbox
from tests.problems import pointers, refusal, violations

PREFERENCES = f"{INBOX}/preferences"
TYPES = {
    *("welcome", "new_follower", "post_published", "new_comment"),
    *("comment_reply", "new_reaction", "security_alert", "announcement"),
}
BY_MAIL = {"welcome", "new_comment", "comment_reply", "security_alert"}


async def change(http: httpx.AsyncClient, owner: Caller, body: Any, **headers: str) -> httpx.Response:  # Any: JSON
    return await http.patch(PREFERENCES, json=body, headers={**owner.headers, **headers})


async def test_whoever_has_chosen_nothing_is_told_everything_and_mailed_what_needs_an_answer(
    http: httpx.AsyncClient, ann: Caller
) -> None:
    answer = await http.get(PREFERENCES, headers=ann.headers)
    assert answer.json() == {
        "types": {kind: {"in_app": True, "email": kind in BY_MAIL} for kind in TYPES},
        "digest": "off",
        "digest_hour": 8,
        "timezone": "UTC",
    }
    assert answer.headers["ETag"].startswith('"0-')


async def test_a_change_keeps_what_it_does_not_name(http: httpx.AsyncClient, ann: Caller, bob: Caller) -> None:
    await change(http, ann, {"types": {"new_comment": {"email": False}}, "timezone": "Europe/Berlin"})
    changed = await change(http, ann, {"types": {"new_comment": {"in_app": False}}, "digest": "weekly"})
    shown = await http.get(PREFERENCES, headers=ann.headers)
    assert (changed.status_code, changed.json()) == (200, shown.json())
    assert shown.headers["ETag"] == changed.headers["ETag"]
    assert shown.json()["types"]["new_comment"] == {"in_app": False, "email": False}
    assert shown.json()["types"]["comment_reply"] == {"in_app": True, "email": True}
    assert (shown.json()["digest"], shown.json()["timezone"]) == ("weekly", "Europe/Berlin")
    assert (await http.get(PREFERENCES, headers=bob.headers)).json()["digest"] == "off"


async def test_of_two_changes_of_the_same_version_one_is_stale(http: httpx.AsyncClient, ann: Caller) -> None:
    tag = (await http.get(PREFERENCES, headers=ann.headers)).headers["ETag"]
    assert (await change(http, ann, {"digest": "daily"}, **{"If-Match": tag})).status_code == 200
    stale = await change(http, ann, {"digest": "off"}, **{"If-Match": tag})
    assert refusal(stale) == (412, "precondition_failed")
    assert (await http.get(PREFERENCES, headers=ann.headers)).json()["digest"] == "daily"


@pytest.mark.parametrize("channel", ["in_app", "email"])
async def test_what_concerns_safety_cannot_be_switched_off(http: httpx.AsyncClient, ann: Caller, channel: str) -> None:
    refused = await change(http, ann, {"types": {"security_alert": {channel: False}}, "digest": "daily"})
    assert violations(refused) == {(f"/body/types/security_alert/{channel}", "cannot_be_switched_off")}
    assert (await http.get(PREFERENCES, headers=ann.headers)).json()["digest"] == "off"
    assert (await change(http, ann, {"types": {"security_alert": {channel: True}}})).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"types": {"nonsense": {"email": True}}}, "/body/types/nonsense"),
        ({"types": {"welcome": {"sms": True}}}, "/body/types/welcome/sms"),
        ({"types": {"welcome": {"email": "yes"}}}, "/body/types/welcome/email"),
        ({"digest": "hourly"}, "/body/digest"),
        ({"digest_hour": 24}, "/body/digest_hour"),
        ({"timezone": "Mars/Olympus"}, "/body/timezone"),
        ({"timezone": "America"}, "/body/timezone"),
        ({"timezone": "../etc/passwd"}, "/body/timezone"),
        ({"nonsense": 1}, "/body/nonsense"),
    ],
)
async def test_what_breaks_a_rule_is_pointed_at(
    http: httpx.AsyncClient, ann: Caller, body: dict[str, Any], pointer: str
) -> None:
    assert pointers(await change(http, ann, body)) == {pointer}


async def test_everything_that_breaks_a_rule_is_pointed_at_at_once(http: httpx.AsyncClient, ann: Caller) -> None:
    wrong = {"types": {"security_alert": {"email": False}}, "digest": "hourly", "timezone": "Mars/Olympus"}
    assert pointers(await change(http, ann, wrong)) == {
        "/body/types/security_alert/email",
        "/body/digest",
        "/body/timezone",
    }


async def test_what_somebody_does_not_want_to_see_does_not_come(
    http: httpx.AsyncClient, runtime: Runtime, ann: Caller, bob: Caller
) -> None:
    await change(http, ann, {"types": {"new_follower": {"in_app": False}}})
    await publish_and_deliver(runtime, follow_with(bob.user.id, ann.user.id))
    assert await inbox(http, ann) == []


async def test_a_mail_can_be_wanted_without_a_notification(http: httpx.AsyncClient, runtime: Runtime) -> None:
    ann, bob = await join(runtime, "ann"), await join(runtime, "bob")
    row = await row_of(runtime, ann.id)
    row.choices = {"new_follower": {"in_app": False, "email": True}}
    await row_of(runtime, ann.id, put=row)
    await publish_and_deliver(runtime, follow_with(bob.id, ann.id))
    assert await count(runtime, MailRow.kind == "notifications.new_follower", of=MailRow) == 1


@pytest.mark.parametrize(
    ("now", "weekly", "hour", "timezone", "due"),
    [
        ("2026-11-25T07:59:00", False, 8, "UTC", "2026-11-25T08:00:00"),
        ("2026-11-25T08:00:00", False, 8, "UTC", "2026-11-26T08:00:00"),
        ("2026-11-25T08:00:00", True, 8, "UTC", "2026-11-30T08:00:00"),
        ("2026-11-30T07:00:00", True, 8, "UTC", "2026-11-30T08:00:00"),
        ("2026-11-25T08:00:00", False, 8, "Asia/Tokyo", "2026-11-25T23:00:00"),
        ("2026-07-01T05:00:00", False, 8, "Europe/Berlin", "2026-07-01T06:00:00"),
        ("2026-12-01T05:00:00", False, 8, "Europe/Berlin", "2026-12-01T07:00:00"),
        ("2026-03-28T12:00:00", False, 2, "Europe/Berlin", "2026-03-29T01:00:00"),
        ("2026-11-25T23:30:00", True, 0, "Pacific/Kiritimati", "2026-11-29T10:00:00"),
    ],
)
def test_a_digest_is_due_when_the_persons_own_clock_says_so(
    now: str, weekly: bool, hour: int, timezone: str, due: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_due(moment, weekly=weekly, hour=hour, timezone=timezone).isoformat() == f"{due}+00:00"
