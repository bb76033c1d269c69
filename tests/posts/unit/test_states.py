"""The life of a post, state by state."""

from typing import get_args

import pytest

from modules.posts import InvalidTransition
from modules.posts.contracts import Status
from modules.posts.services.states import Act, after

LEADS_TO: dict[tuple[Status, Act], Status | None] = {
    ("draft", "publish"): "published",
    ("draft", "unpublish"): None,
    ("draft", "archive"): "archived",
    ("draft", "schedule"): "scheduled",
    ("draft", "unschedule"): None,
    ("scheduled", "publish"): "published",
    ("scheduled", "unpublish"): None,
    ("scheduled", "archive"): None,
    ("scheduled", "schedule"): "scheduled",
    ("scheduled", "unschedule"): "draft",
    ("published", "publish"): None,
    ("published", "unpublish"): "draft",
    ("published", "archive"): "archived",
    ("published", "schedule"): None,
    ("published", "unschedule"): None,
    ("archived", "publish"): "published",
    ("archived", "unpublish"): "draft",
    ("archived", "archive"): None,
    ("archived", "schedule"): "scheduled",
    ("archived", "unschedule"): None,
}


def test_the_table_knows_every_state_and_every_act() -> None:
    assert set(LEADS_TO) == {(status, act) for status in get_args(Status) for act in get_args(Act)}


@pytest.mark.parametrize(("status", "act"), LEADS_TO)
def test_an_act_leads_where_the_table_says(status: Status, act: Act) -> None:
    target = LEADS_TO[status, act]
    if target is None:
        with pytest.raises(InvalidTransition, match=f"post that is {status} cannot be {act[:6]}"):
            after(status, act)
    else:
        assert after(status, act) == target
