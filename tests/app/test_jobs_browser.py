"""The dashboard of jobs in a real browser: from the form to a failed job, its retry, and out again."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import pytest
from saq import CronJob

from app.asgi import build
from kernel.jobs import Context, JobWorker, end, open_queue
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.worker import TIMERS
from tests.app.chromium import Tab, chromium
from tests.app.operators import operated
from tests.app.small_api import served
from tests.running import PASSWORD

pytestmark = pytest.mark.browser


async def fold(_: Context, *, sheets: int) -> None:
    await asyncio.sleep(60)


async def bind(_: Context) -> None:
    raise ValueError("the needle is broken")


async def sweep_the_floor(_: Context) -> None:
    pass


@asynccontextmanager
async def working(redis_url: str) -> AsyncGenerator[None]:
    """A worker with one slot: a job has failed, one runs, two wait for it, and one will run at night."""
    queue = open_queue(redis_url, timeout=5)
    jobs = [CronJob(sweep_the_floor, cron="0 4 * * *")]
    worker = JobWorker(
        queue, [fold, bind], cron_jobs=jobs, concurrency=1, dequeue_timeout=2, timers=TIMERS, shutdown_grace_period_s=1
    )
    await queue.enqueue("bind", key="bind-1", retries=1)
    for number in range(3):
        await queue.enqueue("fold", key=f"fold-{number}", sheets=number, timeout=120)
    work = asyncio.create_task(worker.start())
    try:
        yield
    finally:
        await worker.stop()
        await end(work)
        await queue.disconnect()


def sign_in(tab: Tab, email: str, password: str) -> None:
    for field, text in (("email", email), ("password", password)):
        tab.evaluate(f"document.querySelector('[name={field}]').focus()")
        tab.evaluate(f"document.querySelector('[name={field}]').value = ''")
        tab.type(text)
    tab.evaluate("document.querySelector('form').requestSubmit()")


def look_around(address: str, email: str) -> None:
    with chromium() as tab:
        tab.open(f"{address}/jobs")
        tab.wait_for("document.querySelector('[name=password]')")
        tab.screenshot("jobs-sign-in")
        sign_in(tab, email, "wrong horse")
        tab.wait_for("document.querySelector('output').textContent.includes('wrong')")
        sign_in(tab, email, PASSWORD)
        tab.wait_for("document.querySelector('#app td a, main td a')")
        tab.screenshot("jobs-queues")
        tab.evaluate("document.querySelector('td a').click()")
        for said in ("bind-1", "failed", "fold-0", "active", "fold-2", "queued", "cron:sweep_the_floor", "'sheets': 1"):
            tab.wait_for(f'document.body.innerText.includes("{said}")')
        tab.screenshot("jobs-queue")
        tab.evaluate("[...document.querySelectorAll('tr a')].find(a => a.innerText.includes('bind-1@')).click()")
        tab.wait_for("document.body.innerText.includes('the needle is broken')")
        tab.screenshot("jobs-failed")
        tab.evaluate("[...document.querySelectorAll('a[role=button]')].find(a => a.innerText === 'Retry').click()")
        tab.wait_for("document.querySelector('a[role=button]').getAttribute('aria-busy') === 'false'")
        tab.open(f"{address}/jobs/queues/quire")
        tab.wait_for("document.body.innerText.includes('bind-1bind')")  # its key and its function: it waits again
        tab.screenshot("jobs-retried")
        errors = [error for error in tab.errors if "401" not in error]
        assert errors == []
        assert {url.split("/")[2] for url in tab.requests if not url.startswith("data:")} == {address.split("/")[2]}
        tab.evaluate("document.querySelector('#sign-out').click()")
        tab.wait_for("document.querySelector('[name=password]')")


async def test_an_operator_sees_what_became_of_the_jobs(
    runtime: Runtime, settings: KernelSettings, env: Mapping[str, str]
) -> None:
    async with operated(runtime, settings, env) as operator, working(settings.redis_url):
        with served(build(env)) as address:
            await asyncio.to_thread(look_around, address, operator.email)
