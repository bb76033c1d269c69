"""Background work of the users module."""

import structlog
from saq import CronJob

from kernel.jobs import Context
from modules.users.services import DeletionService, ExportService
from modules.users.settings import UsersSettings

log = structlog.get_logger()


def schedule(settings: UsersSettings) -> list[CronJob[Context]]:
    """What is done every hour."""

    async def erase_who_left(ctx: Context) -> None:
        """Erase everybody whose time of grace is over, one in a transaction: safe to stop, and to run twice."""
        async with ctx["database"].unit_of_work() as uow:
            due = await DeletionService(uow, settings).due()
        for user_id in due:
            try:
                async with ctx["database"].unit_of_work() as uow:
                    await DeletionService(uow, settings).carry_out(user_id)
            except Exception as error:  # one who cannot be erased now keeps nobody else from it
                log.warning("erasure failed", user_id=str(user_id), exc_info=error)

    async def forget_old_exports(ctx: Context) -> None:
        """Delete archives that were there for a week."""
        async with ctx["database"].unit_of_work() as uow:
            await ExportService(uow).forget_old()

    return [
        CronJob(erase_who_left, cron="23 * * * *"),
        CronJob(forget_old_exports, cron="29 * * * *"),
    ]
