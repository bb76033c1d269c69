"""The dashboard of jobs: who gets in, for how long, and what they may do."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import httpx
import pytest
from litestar.routes import HTTPRoute
from saq import Job, Status
from sqlalchemy import select, update

from app.asgi import build
from app.documents import SAMPLE_ENV
from kernel.audit import AuditRow
from kernel.jobs import Queue, open_queue
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.unit_of_work import UnitOfWork
from modules.users.models import UserRow
from tests.app.operators import Operator, operated
from tests.auth.integration.second_factor import Phone
from tests.running import PASSWORD, Person, bearer

HERE = {"Origin": "http://quire.test"}
QUEUES = "/jobs/api/queues"

ROUTES = [
    (method, route.path_format.format(queue="quire", key="none", name="app.js"))
    for route in build(SAMPLE_ENV).routes
    if isinstance(route, HTTPRoute) and route.path_format.startswith("/jobs")
    for method in route.route_handler_map
    if method != "OPTIONS" and route.path_format != "/jobs/sign-in"
]


@pytest.fixture
async def operator(runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]) -> AsyncGenerator[Operator]:
    async with operated(runtime, settings, env) as operator:
        yield operator


@pytest.fixture
async def queue(runtime: Runtime, settings: KernelSettings) -> AsyncGenerator[Queue]:
    """Where a worker would look."""
    opened = open_queue(settings.redis_url, timeout=2)
    yield opened
    await opened.disconnect()


async def sign_in(operator: Operator, email: str = "", password: str = PASSWORD, **headers: str) -> httpx.Response:
    """As the form does; the client keeps the cookie, as a browser would."""
    form = {"email": email or operator.email, "password": password}
    return await operator.http.post("/jobs/sign-in", json=form, headers={**HERE, **headers})


async def becomes(operator: Operator, status: int) -> None:
    """Poll until the queues are answered so; the promise is a second."""
    async with asyncio.timeout(3):
        while (await operator.http.get(QUEUES)).status_code != status:  # noqa: ASYNC110 - of another process
            await asyncio.sleep(0.05)


async def test_a_superuser_signs_in_and_looks_around(operator: Operator, queue: Queue) -> None:
    answer = await sign_in(operator)
    assert (answer.status_code, answer.content) == (204, b"")
    cookie = answer.headers["Set-Cookie"]
    assert {part.strip().lower() for part in cookie.split(";")[1:]} == {"path=/jobs", "httponly", "samesite=strict"}
    await queue.enqueue("deliver", subscriber="posts.tests.listen", ids=["1"], key="first")
    assert [each["name"] for each in (await operator.http.get(QUEUES)).json()["queues"]] == ["quire"]
    (job,) = (await operator.http.get(f"{QUEUES}/quire")).json()["queue"]["jobs"]
    assert (job["key"], job["status"], job["function"]) == ("first", "queued", "deliver")
    assert job["kwargs"] == "{'subscriber': 'posts.tests.listen', 'ids': ['1']}"


async def test_over_https_the_cookie_is_for_https_alone(
    runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]
) -> None:
    async with operated(runtime, settings, {**env, "QUIRE_PUBLIC_URL": "https://quire.test"}) as operator:
        assert "secure" in (await sign_in(operator)).headers["Set-Cookie"].lower()


async def test_whoever_is_not_a_superuser_gets_nothing_of_it(operator: Operator) -> None:
    person = await operator.people.join()
    for cookie, headers, status in (
        ("", {}, 401),
        ("nonsense", {}, 401),
        ("", person.headers, 403),
        (person.tokens["access_token"], {}, 403),
    ):
        operator.http.cookies.clear()
        operator.http.cookies.set("quire_jobs", cookie, path="/jobs")
        for method, path in ROUTES:
            answer = await operator.http.request(method, path, headers={**HERE, **headers})
            assert answer.status_code == status, path
            assert not any(secret in answer.text.replace(path, "") for secret in ("app.js", "queues", "snabbdom"))


async def test_somebody_else_cannot_sign_in_and_has_no_session_of_it(operator: Operator) -> None:
    person = await operator.people.join()
    answer = await sign_in(operator, person.email)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "Set-Cookie" not in answer.headers
    sessions = await operator.http.get("/api/v1/auth/sessions", headers=person.headers)
    assert len(sessions.json()["items"]) == 1


async def test_a_superuser_whose_password_is_not_enough_needs_a_code_here_too(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, pair = Phone(monkeypatch), await operator.people.sign_in(operator.email)
    headers = bearer(pair["access_token"])
    await phone.enrol(operator.http, Person("", operator.email, "", headers, pair))
    form = {"email": operator.email, "password": PASSWORD}
    for code in ({}, {"code": phone.code()}):
        refused = await operator.http.post("/jobs/sign-in", json={**form, **code}, headers=HERE)
        assert (refused.status_code, refused.json()["code"]) == (401, "invalid_code")
    answer = await operator.http.post("/jobs/sign-in", json={**form, "code": phone.next_code()}, headers=HERE)
    assert answer.status_code == 204
    assert (await operator.http.get(QUEUES)).status_code == 200


async def test_wrong_passwords_are_refused_and_soon_not_even_looked_at(operator: Operator) -> None:
    statuses = [(await sign_in(operator, password="wrong horse")).status_code for _ in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


async def test_the_page_is_the_form_until_somebody_has_signed_in(operator: Operator) -> None:
    for path in ("/jobs", "/jobs/queues/quire", "/jobs/queues/quire/jobs/any"):
        answer = await operator.http.get(path)
        assert answer.status_code == 401
        assert 'type="password"' in answer.text
    await sign_in(operator)
    answer = await operator.http.get("/jobs")
    assert answer.status_code == 200
    for page in (await operator.http.get("/jobs"), answer):
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "<script>" not in page.text


async def test_only_our_own_page_can_act_for_whoever_is_signed_in(operator: Operator) -> None:
    await sign_in(operator)
    ours: list[dict[str, str]] = [{"Origin": "http://quire.test"}, {"Sec-Fetch-Site": "same-origin"}]
    foreign: list[dict[str, str]] = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://quire.test"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {},
    ]
    for headers in [*ours, *foreign]:
        answer = await operator.http.post(f"{QUEUES}/quire/jobs/none/retry", headers=headers)
        assert answer.status_code == (404 if headers in ours else 403), headers


async def test_only_our_own_page_can_sign_somebody_in(operator: Operator) -> None:
    assert (await sign_in(operator, Origin="http://evil.test")).json()["code"] == "foreign_request"
    assert not operator.http.cookies


async def test_signing_out_ends_the_session(operator: Operator) -> None:
    await sign_in(operator)
    token = operator.http.cookies["quire_jobs"]
    assert (await operator.http.post("/jobs/sign-out", headers=HERE)).status_code == 204
    assert not operator.http.cookies
    operator.http.cookies.set("quire_jobs", token, path="/jobs")
    await becomes(operator, 401)


async def test_who_looks_in_while_somebody_signs_out_does_not_keep_them_in(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sign_in(operator)
    token, commit = operator.http.cookies["quire_jobs"], UnitOfWork.commit

    async def look_in_before(self: UnitOfWork) -> None:
        monkeypatch.setattr(UnitOfWork, "commit", commit)
        assert (await asyncio.create_task(operator.http.get(QUEUES))).status_code == 200
        await commit(self)

    monkeypatch.setattr(UnitOfWork, "commit", look_in_before)
    assert (await operator.http.post("/jobs/sign-out", headers=HERE)).status_code == 204
    operator.http.cookies.set("quire_jobs", token, path="/jobs")
    assert (await operator.http.get(QUEUES)).status_code == 401


async def test_a_revocation_ends_it(operator: Operator) -> None:
    await sign_in(operator)
    await becomes(operator, 200)
    await operator.http.post("/api/v1/auth/logout", json={"scope": "others"}, headers=operator.headers)
    await becomes(operator, 401)


async def test_a_demotion_ends_it(operator: Operator, runtime: Runtime) -> None:
    await sign_in(operator)
    await becomes(operator, 200)
    async with runtime.database.unit_of_work() as uow:
        await uow.session.execute(update(UserRow).where(UserRow.email == operator.email).values(is_superuser=False))
    await becomes(operator, 403)


async def test_a_failed_job_stays_visible_and_can_be_retried(operator: Operator, queue: Queue) -> None:
    await sign_in(operator)
    await enqueue(queue, "cron:tests.sweep")
    job = await queue.dequeue(timeout=1)
    assert job is not None
    await queue.finish(job, Status.FAILED, error="ValueError: no broom")
    await enqueue(queue, "cron:tests.sweep")
    jobs = (await operator.http.get(f"{QUEUES}/quire")).json()["queue"]["jobs"]
    assert [(each["function"], each["status"]) for each in jobs] == [("sweep", "queued"), ("sweep", "failed")]
    shown = await operator.http.get(f"{QUEUES}/quire/jobs/{jobs[1]['key']}")
    assert shown.json()["job"]["error"] == "ValueError: no broom"
    answer = await operator.http.post(f"{QUEUES}/quire/jobs/{jobs[1]['key']}/retry", headers=HERE)
    assert (answer.status_code, answer.json()) == (200, {})
    assert await queue.count("queued") == 1


async def test_a_running_job_can_be_aborted_but_not_run_twice(operator: Operator, queue: Queue) -> None:
    await sign_in(operator)
    await enqueue(queue, "long")
    job = await queue.dequeue(timeout=1)
    assert job is not None
    await job.update(status=Status.ACTIVE)
    answer = await operator.http.post(f"{QUEUES}/quire/jobs/long/retry", headers=HERE)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_is_running")
    assert (await operator.http.post(f"{QUEUES}/quire/jobs/long/abort", headers=HERE)).status_code == 200
    await job.refresh()
    assert job.status == Status.ABORTING


async def test_what_is_done_to_jobs_is_in_the_audit_log(operator: Operator, queue: Queue, runtime: Runtime) -> None:
    await sign_in(operator)
    await enqueue(queue, "one")
    for act in ("retry", "abort"):
        await operator.http.post(f"{QUEUES}/quire/jobs/one/{act}", headers=HERE)
    async with runtime.database.unit_of_work() as uow:
        entries = select(AuditRow).where(AuditRow.act.startswith("jobs.")).order_by(AuditRow.id)
        logged = [(each.act, each.facts) for each in (await uow.session.scalars(entries)).all()]
    facts = {"queue": "quire", "job": "one", "function": "sweep"}
    assert logged == [("jobs.retried", facts), ("jobs.aborted", facts)]


async def test_queues_of_some_modules_are_shown_once_they_had_a_worker(
    operator: Operator, settings: KernelSettings
) -> None:
    await sign_in(operator)
    assert (await operator.http.get(f"{QUEUES}/quire:posts")).status_code == 404
    own = open_queue(settings.redis_url, timeout=2, name="quire:posts")
    info: Any = {"stats": {}, "queue_key": "quire:posts", "metadata": None}  # Any: as SAQ writes it
    await own.write_worker_info("a-worker", info, ttl=60)
    await own.disconnect()
    assert [each["name"] for each in (await operator.http.get(QUEUES)).json()["queues"]] == ["quire", "quire:posts"]
    assert (await operator.http.get(f"{QUEUES}/quire:posts")).json()["queue"]["workers"].keys() == {"a-worker"}


async def enqueue(queue: Queue, key: str) -> Job:
    job = await queue.enqueue("sweep", key=key)
    assert job is not None
    return job
