from contextlib import suppress

from sqlalchemy import select

from kernel.audit import AuditRow, record
from kernel.db import new_id, utc_now
from kernel.runtime import Runtime
from kernel.security import Principal


async def test_an_act_and_its_entry_are_one_transaction(runtime: Runtime) -> None:
    actor, subject = Principal(id=new_id(), session_id=new_id(), auth_time=utc_now()), new_id()
    with suppress(ZeroDivisionError):
        async with runtime.database.unit_of_work() as uow:
            record(uow, "tests.undone", actor=actor, subject_id=subject)
            raise ZeroDivisionError
    async with runtime.database.unit_of_work() as uow:
        record(uow, "tests.done", actor=actor, subject_id=subject, ip="203.0.113.9", facts={"before": "member"})
    async with runtime.database.unit_of_work() as uow:
        entries = (await uow.session.scalars(select(AuditRow))).all()
        assert [(each.act, each.actor_id, each.subject_id, each.ip, each.facts) for each in entries] == [
            ("tests.done", actor.id, subject, "203.0.113.9", {"before": "member"})
        ]
