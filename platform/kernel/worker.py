"""The worker: delivers the outbox, runs the schedules of all modules, and stops when asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog
from saq import CronJob
from saq.types import PartialTimersDict

from kernel import outbox
from kernel.delivery import Delivery
from kernel.jobs import DEQUEUE_TIMEOUT, Context, JobWorker, end, open_queue
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings

KEEP_DONE = timedelta(days=1)
TIMERS: PartialTimersDict = {"schedule": 1, "sweep": 5, "abort": 1, "worker_info": 5}

log = structlog.get_logger()


async def forget_done_deliveries(ctx: Context) -> None:
    """Delete outbox rows that were done a day ago; safe to run twice."""
    async with ctx["database"].unit_of_work() as uow:
        await outbox.forget_done(uow.session, older_than=KEEP_DONE)


def schedule(modules: Sequence[Module]) -> list[CronJob[Context]]:
    """Every cron job, named after its module: SAQ keys them by ``__qualname__`` alone, which two may share."""
    jobs: list[CronJob[Context]] = [CronJob(forget_done_deliveries, cron="17 * * * *", retries=1)]
    for module in modules:
        for job in module.schedule:
            job.function.__qualname__ = f"{module.name}.{job.function.__name__}"
            jobs.append(replace(job, retries=1))
    return jobs


def build(settings: KernelSettings, modules: Sequence[Module], runtime: Runtime) -> tuple[JobWorker, Delivery]:
    """A SAQ worker and the relay that feeds it."""
    queue = open_queue(settings)
    delivery = Delivery(runtime.database, queue, runtime.subscribers, settings.jobs)

    async def deliver(_: Context, *, subscriber: str, ids: list[str]) -> None:
        await delivery.deliver(subscriber, ids)

    async def startup(ctx: Context) -> None:
        ctx["database"] = runtime.database

    worker = JobWorker(
        queue,
        [("deliver", deliver)],
        concurrency=settings.jobs.concurrency,
        cron_jobs=schedule(modules),
        startup=startup,
        dequeue_timeout=DEQUEUE_TIMEOUT,
        timers=TIMERS,
        shutdown_grace_period_s=round(settings.jobs.shutdown_grace),
    )
    return worker, delivery


async def run(settings: KernelSettings, modules: Sequence[Module]) -> None:
    """Work until SIGTERM or SIGINT; running jobs finish within the grace period."""
    runtime = open_runtime(settings, modules)
    worker, delivery = build(settings, modules, runtime)
    relay = asyncio.create_task(delivery.relay_for_ever())
    log.info("worker started", concurrency=settings.jobs.concurrency)
    try:
        await worker.start()
    finally:
        await end(relay)
        await worker.queue.disconnect()
        await runtime.close()
        log.info("worker stopped")
