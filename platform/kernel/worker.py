"""The worker: delivers the outbox, runs the schedules of all modules, and stops when asked."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from saq import CronJob
from saq.types import PartialTimersDict

from kernel import outbox
from kernel.delivery import Delivery, Observe
from kernel.idempotency import forget_old_answers
from kernel.jobs import DEQUEUE_TIMEOUT, Context, JobWorker, end, open_queue
from kernel.metrics import Exposition, OutboxMetrics, ProcessMetrics, serve_metrics
from kernel.module import Module
from kernel.runtime import Runtime, open_runtime
from kernel.settings import KernelSettings

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder

KEEP = timedelta(days=1)
TIMEOUT = 3_000
"""Seconds for a scheduled job, where SAQ would give it ten: it works through all rows a part at a time.

One whose worker is killed counts as running until then, so an hourly one misses no run.
"""

TIMERS: PartialTimersDict = {"schedule": 1, "sweep": 5, "abort": 1, "worker_info": 5}

log = structlog.get_logger()


async def forget_what_is_over(ctx: Context) -> None:
    """Delete what was done, and answered once, a day ago; safe to run twice."""
    for forget in (outbox.forget_done, forget_old_answers):
        there_may_be_more = True
        while there_may_be_more:
            async with ctx["database"].unit_of_work() as uow:
                there_may_be_more = await forget(uow.session, older_than=KEEP)


def schedule(modules: Sequence[Module]) -> list[CronJob[Context]]:
    """Every cron job, named after its module: SAQ keys them by ``__qualname__`` alone, which two may share."""
    jobs: list[CronJob[Context]] = [CronJob(forget_what_is_over, cron="17 * * * *")]
    for module in modules:
        for job in module.schedule:
            job.function.__qualname__ = f"{module.name}.{job.function.__name__}"
            jobs.append(job)
    return [replace(job, retries=1, timeout=job.timeout or TIMEOUT) for job in jobs]


def build(
    settings: KernelSettings,
    modules: Sequence[Module],
    runtime: Runtime,
    served: Sequence[Module] | None = None,
    observe: Observe | None = None,
) -> tuple[JobWorker, Delivery]:
    """A SAQ worker and the relay that feeds it.

    Both do the work of ``served`` alone, if given, through a queue of their own: nobody else's jobs come their way.
    """
    working_for = modules if served is None else served
    others = {subscriber.name for module in modules if module not in working_for for subscriber in module.subscribers}
    subscribers = [subscriber for subscriber in runtime.subscribers if subscriber.name not in others]
    name = ":".join(["quire", *sorted(module.name for module in served or ())])
    queue = open_queue(settings.redis_url, timeout=DEQUEUE_TIMEOUT + 3, name=name)
    # One that blocks while it waits for jobs, and one that hands them in and must not wait for a Redis that is stalled.
    outgoing = open_queue(settings.redis_url, timeout=1.0, name=name)
    delivery = Delivery(
        runtime.database,
        outgoing,
        subscribers,
        settings.jobs,
        runtime.wakeup,
        takes_all=served is None,
        recorder=runtime.recorder,
        observe=observe,
    )

    async def deliver(_: Context, *, subscriber: str, ids: list[str]) -> None:
        await delivery.deliver(subscriber, ids)

    async def startup(ctx: Context) -> None:
        ctx["database"] = runtime.database

    worker = JobWorker(
        queue,
        [("deliver", deliver)],
        concurrency=settings.jobs.concurrency,
        cron_jobs=schedule(working_for),
        startup=startup,
        dequeue_timeout=DEQUEUE_TIMEOUT,
        timers=TIMERS,
        shutdown_grace_period_s=round(settings.jobs.shutdown_grace),
    )
    return worker, delivery


async def run(
    settings: KernelSettings,
    modules: Sequence[Module],
    served: Sequence[Module] | None = None,
    recorder: "Recorder | None" = None,
    listener: socket.socket | None = None,
) -> None:
    """Work until SIGTERM or SIGINT; running jobs finish within the grace period. Tell about it at ``listener``."""
    runtime = open_runtime(settings, modules, recorder)
    metrics = ProcessMetrics()
    worker, delivery = build(settings, modules, runtime, served, metrics.observe_delivery)
    pollers = [poller for module in (modules if served is None else served) for poller in module.pollers]
    tasks = [
        asyncio.create_task(delivery.relay_for_ever()),
        asyncio.create_task(runtime.wakeup.listen_for_ever()),
        *(asyncio.create_task(poller.run_for_ever(runtime.database)) for poller in pollers),
    ]
    if listener is not None:
        exposition = Exposition(metrics, OutboxMetrics(runtime.reader))
        tasks.append(asyncio.create_task(metrics.watch(runtime.engine, runtime.reader)))
        tasks.append(asyncio.create_task(serve_metrics(exposition, settings, listener)))
    log.info("worker started", concurrency=settings.jobs.concurrency)
    try:
        await worker.start()
    finally:
        await asyncio.gather(*map(end, tasks))
        await worker.queue.disconnect()
        await delivery.close()
        await runtime.close()
        log.info("worker stopped")
