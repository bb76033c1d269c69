"""What the dashboard shows of the queues, in the form that its script knows."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

from saq import Job, Status
from saq.types import QueueInfo
from saq.web.common import job_dict

from kernel.errors import Conflict, NotFound
from kernel.jobs import Queue, open_queue

SHOWN = 100
TIMEOUT = 2.0


class JobIsRunning(Conflict):
    """The job is running; abort it first."""


class Queues:
    """The main queue, and those of workers that do the work of some modules alone."""

    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._main = open_queue(redis_url, timeout=TIMEOUT)
        self._opened = {self._main.name: self._main}

    async def all(self) -> list[QueueInfo]:
        """How full each of them is."""
        return [await (await self._named(name)).info() for name in sorted(await self._main.names())]

    async def one(self, name: str) -> dict[str, Any]:  # Any: JSON
        """The same with its jobs: running, waiting and scheduled ones, then those that failed last."""
        queue = await self._named(name)
        info = await queue.info(jobs=True, limit=SHOWN)
        failures = [shown(failure, key=mark(failure)) for failure in await queue.failures()]
        return {**info, "jobs": [*map(legible, info["jobs"]), *failures]}

    async def job(self, name: str, key: str) -> dict[str, Any]:  # Any: JSON
        """One job as it is, or as it failed."""
        return shown(await self._find(name, key), key=key)

    async def retry(self, name: str, key: str) -> Job:
        """Run it again, or now; raises `JobIsRunning`."""
        job = await self._find(name, key)
        if job.status == Status.ACTIVE:
            raise JobIsRunning
        await job.retry("retried by an operator")
        return job

    async def abort(self, name: str, key: str) -> Job:
        """End it."""
        job = await self._find(name, key)
        await job.abort("aborted by an operator")
        return job

    async def close(self) -> None:
        """Let go of every connection."""
        for queue in self._opened.values():
            await queue.disconnect()

    async def _find(self, name: str, key: str) -> Job:
        queue = await self._named(name)
        job = await queue.job(key) or next((each for each in await queue.failures() if mark(each) == key), None)
        if job is None:
            raise NotFound
        return job

    async def _named(self, name: str) -> Queue:
        if name not in self._opened:
            if name not in await self._main.names():
                raise NotFound
            self._opened[name] = open_queue(self._url, timeout=TIMEOUT, name=name)
        return self._opened[name]


def mark(failure: Job) -> str:
    """A key for one failed run: the job of the same key may have begun anew."""
    return f"{failure.key}@{failure.completed}"


def shown(job: Job, *, key: str) -> dict[str, Any]:  # Any: JSON
    """As the script wants it."""
    return {**job_dict(job), "key": key}


def legible(job: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """A job in a list, its arguments as text, as SAQ has them where it shows a single one."""
    return {**job, "kwargs": repr(job["kwargs"])} if "kwargs" in job else job


def provide_queues(redis_url: str) -> Callable[[], AsyncGenerator[Queues, None]]:
    """Opens them for one request."""

    async def provide() -> AsyncGenerator[Queues, None]:
        queues = Queues(redis_url)
        try:
            yield queues
        finally:
            await queues.close()

    return provide
