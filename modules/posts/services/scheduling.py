"""Posts that go public by themselves."""

from kernel.unit_of_work import Database
from modules.posts import repositories
from modules.posts.cache_entities import LISTS, post
from modules.posts.contracts import PostPublished

AT_ONCE = 50


async def publish_due(database: Database) -> bool:
    """Publish posts whose time has come, each once however many workers look; whether there may be more.

    A row that another worker has in hand is passed over; if that worker is killed, the row is free at once.
    """
    async with database.unit_of_work() as uow:
        found = await repositories.publish_due(uow, limit=AT_ONCE)
        if found:
            uow.changes(LISTS, *(post(each.id) for each in found))
            await uow.publish(
                *(PostPublished(post_id=each.id, author_id=each.author_id) for each in found if each.is_first)
            )
    return len(found) == AT_ONCE
