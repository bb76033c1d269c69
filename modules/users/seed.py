"""Demo people, and whom they follow."""

from kernel.db import new_id
from kernel.demo import Demo, ids
from kernel.identity import identity

FOLLOWS = 10
"""People whom everybody follows."""

PEOPLE = ("id", "email", "email_identity", "username", "name", "bio", "is_active", "is_superuser", "email_verified")
COUNTS = ("roles", "followers_count", "following_count", "version", "created_at", "updated_at")


async def seed(demo: Demo) -> None:
    """As many people as asked for, each with an address at example.org."""
    demo.people = ids(demo.users)
    popularity = dict.fromkeys(demo.people, 0)
    follows = []
    for follower in demo.people:
        others = demo.chance.sample(demo.people, min(FOLLOWS + 1, len(demo.people)))
        for followee in [other for other in others if other != follower][:FOLLOWS]:
            follows.append((new_id(), follower, followee))
            popularity[followee] += 1
    following = dict.fromkeys(demo.people, 0)
    for _, follower, _ in follows:
        following[follower] += 1
    rows: list[tuple[object, ...]] = []
    tag = str(demo.people[0])[-6:]
    for number, user_id in enumerate(demo.people, 1):
        name, joined = demo.name(), demo.moment()
        username = f"{name.lower().replace(' ', '_')[:15]}_{tag}_{number}"[:30]
        email = f"{username}@example.org"
        person = (user_id, email, identity(email), username, name, f"{demo.sentence()}.", True, False, True)
        rows.append((*person, [], popularity[user_id], following[user_id], 1, joined, joined))
    await demo.copy("users.users", (*PEOPLE, *COUNTS), rows)
    await demo.copy("users.follows", ("id", "follower_id", "followee_id"), follows)
