"""People and their follows against a model of a few sets, whatever happens to them in whatever order."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, TypeVar

import httpx
import hypothesis
import msgspec
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel.db import utc_now
from kernel.runtime import Runtime
from modules.users import provide_accounts
from modules.users.services import DeletionService
from modules.users.settings import UsersSettings
from tests.callers import Caller
from tests.running import deliver_everything
from tests.users.integration.conftest import Join, Mark

T = TypeVar("T")
USERS = "/api/v1/users"


class Model(msgspec.Struct):
    """What is known of one person."""

    caller: Caller
    username: str
    state: str = "here"
    """Or shut out, or leaving."""


async def test_people_and_follows_are_as_in_the_model(
    http: httpx.AsyncClient, join: Join, mark: Mark, admin: Caller, runtime: Runtime
) -> None:
    loop = asyncio.get_running_loop()

    def wait(work: Awaitable[T]) -> T:
        async def finish() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(finish(), loop).result()

    def ask(method: str, path: str, who: Caller | None = None, **given: Any) -> httpx.Response:  # Any: of httpx
        headers = who.headers if who else {}
        return wait(http.request(method, f"{USERS}{path}", headers=headers, **given))

    class People(RuleBasedStateMachine):
        people = Bundle("people")

        def __init__(self) -> None:
            super().__init__()
            self.known: list[Model] = []
            self.follows: set[tuple[int, int]] = set()
            self.recounted = True

        @rule(target=people)
        def join(self) -> Any:  # Any: hypothesis'
            if len(self.known) == 4:
                return multiple()
            caller = wait(join("Bo"))
            self.known.append(Model(caller, caller.user.username))
            return len(self.known) - 1

        @rule(one=people, other=people, begins=st.booleans())
        def follow(self, one: int, other: int, begins: bool) -> None:
            if self.known[one].state != "here":
                return
            method, whom = "PUT" if begins else "DELETE", self.known[other]
            answer = ask(method, f"/{whom.caller.user.id}/follow", self.known[one].caller)
            expected = 409 if one == other else 404 if whom.state in {"leaving", "erased"} else 204
            assert answer.status_code == expected
            if expected == 204:
                (self.follows.add if begins else self.follows.discard)((one, other))

        @rule(one=people, username=st.sampled_from(["gold", "silver", "tin"]))
        def rename(self, one: int, username: str) -> None:
            model = self.known[one]
            if model.state != "here":
                return
            holder = next((each for each in self.known if each.username == username and each.state != "erased"), model)
            answer = ask("PATCH", "/me", model.caller, json={"username": username})
            assert answer.status_code == (200 if holder is model else 409)
            if holder is model:
                model.username = username

        @rule(one=people, act=st.sampled_from(["activate", "deactivate"]))
        def administer(self, one: int, act: str) -> None:
            model = self.known[one]
            answer = ask("POST", f"/{model.caller.user.id}/{act}", admin)
            gone = model.state == "erased" or (model.state == "leaving" and act == "deactivate")
            assert answer.status_code == (404 if gone else 204)
            if not gone:
                self.recounted &= model.state != "leaving"
                model.state = "here" if act == "activate" else "shut out"

        @rule(one=people)
        def leave(self, one: int) -> None:
            model = self.known[one]
            if model.state == "here":
                assert ask("DELETE", "/me", model.caller).status_code == 202
                model.state, self.recounted = "leaving", False

        @rule(one=people)
        def come_back(self, one: int) -> None:
            model = self.known[one]

            async def restore() -> bool:
                async with runtime.database.unit_of_work() as uow:
                    return await provide_accounts(uow).restore(model.caller.user.id) is not None

            assert wait(restore()) is (model.state == "leaving")
            if model.state == "leaving":
                model.state, self.recounted = "here", False

        @precondition(lambda self: not self.recounted)
        @rule()
        def recount(self) -> None:
            wait(deliver_everything(runtime))
            self.recounted = True

        @precondition(lambda self: any(each.state == "leaving" for each in self.known))
        @rule()
        def erase(self) -> None:
            one = next(place for place, each in enumerate(self.known) if each.state == "leaving")
            user_id = self.known[one].caller.user.id

            async def carry_out() -> bool:
                await mark(self.known[one].caller, deletion_requested_at=utc_now() - timedelta(days=31))
                async with runtime.database.unit_of_work() as uow:
                    return await DeletionService(uow, UsersSettings()).carry_out(user_id)

            assert wait(carry_out())
            self.known[one].state = "erased"
            self.follows = {pair for pair in self.follows if one not in pair}

        @invariant()
        def everybody_is_seen_as_in_the_model(self) -> None:
            for place, model in enumerate(self.known):
                path = f"/{model.caller.user.id}"
                profile = ask("GET", path)
                if model.state in {"leaving", "erased"}:
                    assert profile.status_code == 404
                    continue
                shown = profile.json()
                assert shown == ask("GET", f"/by-username/{model.username}").json()
                followers = {one for one, other in self.follows if other == place}
                following = {other for one, other in self.follows if one == place}
                for side, others in (("followers", followers), ("following", following)):
                    listed = {each["id"] for each in ask("GET", f"{path}/{side}").json()["items"]}
                    here = {other for other in others if self.known[other].state != "leaving"}
                    assert listed == {str(self.known[other].caller.user.id) for other in here}
                    if self.recounted:
                        assert shown[f"{side}_count"] == len(here)

        def teardown(self) -> None:
            for model in self.known:
                wait(mark(model.caller, username=f"{model.caller.user.id.hex[-12:]}_gone"))

    look = hypothesis.settings(
        max_examples=5, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    await asyncio.to_thread(run_state_machine_as_test, People, settings=look)
