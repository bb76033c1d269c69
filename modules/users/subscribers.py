"""What the users module does in the background when something has happened."""

from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import ExportRequested, FollowsToRecount
from modules.users.services import ExportService, FollowService


async def make_export(event: ExportRequested, uow: UnitOfWork) -> None:
    """Put together what somebody has asked for."""
    await ExportService(uow).make(event.export_id)


async def recount_follows(event: FollowsToRecount, uow: UnitOfWork) -> None:
    """Who has left counts for nobody any more, who has come back does again: a thousand follows in a transaction."""
    if await FollowService(uow).recount(event.user_id):
        await uow.publish(FollowsToRecount(user_id=event.user_id))
