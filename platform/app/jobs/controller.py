"""What the script of the dashboard asks for, and what it does."""

from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from saq import Job

from app.jobs.access import PATH, ours
from app.jobs.queues import Queues
from kernel.audit import record
from kernel.http.client import Client
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork

JOB = "/{queue:str}/jobs/{key:str}"


class QueueController(Controller):
    """Looking at queues, and two acts on jobs, both in the audit log."""

    path = f"{PATH}/api/queues"
    guards = (ours,)

    # Any: JSON, as SAQ has it

    @get()
    async def show_all(self, queues: NamedDependency[Queues]) -> dict[str, Any]:
        return {"queues": await queues.all()}

    @get("/{queue:str}")
    async def show(self, queue: FromPath[str], queues: NamedDependency[Queues]) -> dict[str, Any]:
        return {"queue": await queues.one(queue)}

    @get(JOB)
    async def show_job(
        self, queue: FromPath[str], key: FromPath[str], queues: NamedDependency[Queues]
    ) -> dict[str, Any]:
        return {"job": await queues.job(queue, key)}

    @post(f"{JOB}/retry", status_code=200)
    async def retry(
        self,
        queue: FromPath[str],
        key: FromPath[str],
        queues: NamedDependency[Queues],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        uow: NamedDependency[UnitOfWork],
    ) -> dict[str, str]:
        note(uow, "jobs.retried", await queues.retry(queue, key), me, client)
        return {}

    @post(f"{JOB}/abort", status_code=200)
    async def abort(
        self,
        queue: FromPath[str],
        key: FromPath[str],
        queues: NamedDependency[Queues],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        uow: NamedDependency[UnitOfWork],
    ) -> dict[str, str]:
        note(uow, "jobs.aborted", await queues.abort(queue, key), me, client)
        return {}


def note(uow: UnitOfWork, act: str, job: Job, me: Principal, client: Client) -> None:
    """In the audit log, without the arguments of the job."""
    facts = {"queue": job.get_queue().name, "job": job.key, "function": job.function}
    record(uow, act, actor=me, subject_id=None, ip=client.ip, facts=facts)
