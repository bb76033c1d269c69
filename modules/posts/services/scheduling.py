"""Posts that go public by themselves."""

from kernel.unit_of_work import Database
from modules.posts.entities import LISTS, post
from modules.posts.repositories import PostRepository
from modules.posts.services.posts import announce

AT_ONCE = 50


async def publish_due(database: Database) -> bool:
    """Publish posts whose time has come, each once however many workers look; whether there may be more.

    A row that another worker has in hand is passed over; if that worker is killed, the row is free at once.
    """
    async with database.unit_of_work() as uow:
        rows = await PostRepository(session=uow.session).due(limit=AT_ONCE)
        for row in rows:
            row.status, row.scheduled_for = "published", None
            await announce(row, uow)
            uow.changes(post(row.id), LISTS)
    return len(rows) == AT_ONCE
