"""What the users module does in the background when something has happened."""

from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import ExportRequested
from modules.users.services import ExportService


async def make_export(event: ExportRequested, uow: UnitOfWork) -> None:
    """Put together what somebody has asked for."""
    await ExportService(uow).make(event.export_id)
