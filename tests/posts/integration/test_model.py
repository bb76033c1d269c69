"""The life of posts against a model of a few fields, whatever happens to them in whatever order."""

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar, get_args

import httpx
import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from kernel.db import utc_now
from kernel.runtime import Runtime
from modules.posts.contracts import Status
from modules.posts.services import Act, publish_due
from tests.callers import Caller
from tests.posts.integration.test_moving import REQUESTS
from tests.posts.unit.test_states import LEADS_TO
from tests.posts.writing import POSTS, alter

T = TypeVar("T")


class Model(msgspec.Struct):
    """What is known of one post."""

    id: str
    status: Status
    texts: list[str]
    """Its titles, the present one last."""
    place: int | None
    """In the order of going public."""
    deleted: bool = False


async def test_posts_live_as_in_the_model(
    http: httpx.AsyncClient, ann: Caller, bob: Caller, runtime: Runtime, hearing: Runtime
) -> None:
    loop = asyncio.get_running_loop()

    def wait(work: Awaitable[T]) -> T:
        async def finish() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(finish(), loop).result()

    def ask(method: str, path: str, who: Caller | None = ann, **given: Any) -> httpx.Response:  # Any: of httpx
        return wait(http.request(method, f"{POSTS}{path}", headers=who.headers if who else {}, **given))

    class Lives(RuleBasedStateMachine):
        posts = Bundle("posts")

        def __init__(self) -> None:
            super().__init__()
            self.known: list[Model] = []
            self.went_public = 0

        def goes_public(self, model: Model) -> None:
            if model.place is None:
                self.went_public += 1
                model.place = self.went_public

        @rule(target=posts, status=st.sampled_from(["draft", "published"]))
        def write(self, status: Status) -> Any:  # Any: hypothesis'
            if len(self.known) == 4:
                return multiple()
            post = ask("POST", "", json={"title": "first", "body": "x", "status": status}).json()
            self.known.append(Model(post["id"], status, ["first"], None))
            if status == "published":
                self.goes_public(self.known[-1])
            return len(self.known) - 1

        @rule(one=posts, title=st.sampled_from(["second", "third"]))
        def edit(self, one: int, title: str) -> None:
            model = self.known[one]
            edited = ask("PATCH", f"/{model.id}", json={"title": title})
            assert edited.status_code == (404 if model.deleted else 200)
            if not model.deleted and model.texts[-1] != title:
                model.texts.append(title)

        @rule(one=posts)
        def meddle(self, one: int) -> None:
            model = self.known[one]
            public = model.status == "published" and not model.deleted
            for method in ("PATCH", "DELETE"):
                form = {"title": "mine"} if method == "PATCH" else None
                assert ask(method, f"/{model.id}", bob, json=form).status_code == (403 if public else 404)

        @rule(one=posts, act=st.sampled_from(get_args(Act)))
        def move(self, one: int, act: Act) -> None:
            model = self.known[one]
            method, path, form = REQUESTS.get(act, ("POST", act, None))
            status = ask(method, f"/{model.id}/{path}", json=form).status_code
            target = LEADS_TO[model.status, act]
            if model.deleted or target is None:
                assert status == (404 if model.deleted else 409)
                return
            assert status in {200, 204}
            model.status = target
            if target == "published":
                self.goes_public(model)

        @rule(one=posts)
        def time_passes(self, one: int) -> None:
            model = self.known[one]
            if model.status == "scheduled":
                wait(alter(runtime, model.id, scheduled_for=utc_now()))
            wait(publish_due(hearing.database))
            if model.status == "scheduled" and not model.deleted:
                model.status = "published"
                self.goes_public(model)

        @rule(one=posts)
        def delete(self, one: int) -> None:
            model = self.known[one]
            assert ask("DELETE", f"/{model.id}").status_code == (404 if model.deleted else 204)
            model.deleted = True

        @rule(one=posts)
        def restore(self, one: int) -> None:
            model = self.known[one]
            assert ask("POST", f"/{model.id}/restore").status_code == (200 if model.deleted else 409)
            if model.deleted and model.status == "scheduled":
                model.status = "draft"
            model.deleted = False

        @rule(one=posts, n=st.integers(1, 5))
        def return_to(self, one: int, n: int) -> None:
            model = self.known[one]
            there = not model.deleted and n <= len(model.texts)
            assert ask("POST", f"/{model.id}/revisions/{n}/restore").status_code == (200 if there else 404)
            if there and model.texts[n - 1] != model.texts[-1]:
                model.texts.append(model.texts[n - 1])

        @invariant()
        def everything_is_seen_as_in_the_model(self) -> None:
            present = [model for model in self.known if not model.deleted]
            public = [model for model in present if model.status == "published"]
            listed = [each["id"] for each in ask("GET", "", None).json()["items"]]
            assert listed == [model.id for model in sorted(public, key=lambda each: -(each.place or 0))]
            mine = ask("GET", "/mine").json()["items"]
            assert [(each["id"], each["status"]) for each in mine] == [(each.id, each.status) for each in present[::-1]]
            for model in self.known:
                assert ask("GET", f"/{model.id}", None).status_code == (200 if model in public else 404)
                if model in present:
                    post, texts = ask("GET", f"/{model.id}").json(), ask("GET", f"/{model.id}/revisions").json()
                    assert (post["status"], post["title"]) == (model.status, model.texts[-1])
                    assert [each["title"] for each in texts["items"]] == model.texts[:-21:-1]

        def teardown(self) -> None:
            for model in self.known:
                if not model.deleted:
                    ask("DELETE", f"/{model.id}")

    look = settings(max_examples=5, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    await asyncio.to_thread(run_state_machine_as_test, Lives, settings=look)
