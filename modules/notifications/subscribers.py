"""What this module does when something happens elsewhere: at least once, and visible once."""

from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.notifications.repositories import ArrivalRepository, Fact
from modules.posts import PostPublished
from modules.users import UserFollowed, UserRegistered, provide_follows, provide_users

PAGE = 1_000
"""Followers that are told with one statement."""


async def greet(event: UserRegistered, uow: UnitOfWork) -> None:
    """Welcome the newcomer, in the inbox and by mail."""
    user = (await provide_users(uow).find_many({event.user_id})).get(event.user_id)
    if user is None:
        return
    fact = Fact(event_id=event.event_id, type="welcome", target_kind="user", target_id=user.id)
    if await ArrivalRepository(session=uow.session).deliver(fact, [user.id]):
        await post(uow, "notifications.welcome", user_id=user.id, recipient=user.email)


async def tell_followee(event: UserFollowed, uow: UnitOfWork) -> None:
    """Tell somebody about their new follower."""
    fact = Fact(
        event_id=event.event_id,
        type="new_follower",
        actor_id=event.follower_id,
        target_kind="user",
        target_id=event.follower_id,
    )
    await ArrivalRepository(session=uow.session).gather(fact, event.followee_id)


async def tell_followers(event: PostPublished, uow: UnitOfWork) -> None:
    """Tell everybody who follows the author."""
    fact = Fact(
        event_id=event.event_id,
        type="post_published",
        actor_id=event.author_id,
        target_kind="post",
        target_id=event.post_id,
    )
    follows, notifications = provide_follows(uow), ArrivalRepository(session=uow.session)
    followers = await follows.follower_ids(event.author_id, after=None, limit=PAGE)
    while followers:
        await notifications.deliver(fact, followers)
        followers = await follows.follower_ids(event.author_id, after=followers[-1], limit=PAGE)
