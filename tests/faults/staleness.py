"""Writers and readers who remember what was acknowledged: a reader that sees less than that has been lied to."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.faults.http import Connection
from tests.running import PASSWORD


class Author(msgspec.Struct):
    """Somebody who edits one post and their own name, and the last numbers that the server said yes to."""

    id: str
    token: str
    post: str
    title: int = 0
    name: int = 0


class Findings(msgspec.Struct):
    """What was read: how often it was checked, and what was older than it should have been."""

    until: float
    stops_at_the_first: bool = False
    checked: int = 0
    stale: list[str] = []
    failed: int = 0

    @property
    def are_over(self) -> bool:
        """Whether enough has been seen."""
        return time.monotonic() >= self.until or (self.stops_at_the_first and bool(self.stale))

    def check(self, what: str, seen: str, least: int) -> None:
        """``seen`` ends with a number that must not be below ``least``."""
        self.checked += 1
        if int(seen.rpartition(" ")[2]) < least:
            self.stale.append(f"{what}: {seen!r}, but {least} was acknowledged before")


async def make_authors(address: str, count: int) -> list[Author]:
    """Signed up, each with one published post."""
    connection, authors = Connection(address), []
    for number in range(count):
        email = f"author{number}.{random.getrandbits(40)}@example.org"
        form = {"email": email, "password": PASSWORD, "name": "Name 0"}
        _, user = await connection.call("POST", "/api/v1/auth/register", form)
        _, tokens = await connection.call("POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD})
        signed_in = Connection(address, tokens["access_token"])
        _, post = await signed_in.call("POST", "/api/v1/posts", {"title": "T 0", "body": "x", "status": "published"})
        authors.append(Author(user["id"], tokens["access_token"], post["id"]))
        signed_in.close()
    connection.close()
    return authors


async def write(author: Author, addresses: Sequence[str], findings: Findings) -> None:
    """Edit title and name in turn, on any instance; a number counts once its answer has come."""
    connections = [Connection(address, author.token) for address in addresses]
    number = 0
    while not findings.are_over:
        number += 1
        try:
            at = random.choice(connections)
            status, _ = await at.call("PATCH", f"/api/v1/posts/{author.post}", {"title": f"T {number}"})
            author.title = number if status == 200 else author.title
            if number % 4 == 0:
                status, _ = await at.call("PATCH", "/api/v1/users/me", {"name": f"Name {number}"})
                author.name = number if status == 200 else author.name
        except (OSError, EOFError):
            findings.failed += 1
        await asyncio.sleep(0.02)
    hang_up(connections)


async def read(authors: Mapping[str, Author], addresses: Sequence[str], findings: Findings) -> None:
    """Look at posts, at the list and at people, on any instance."""
    connections = [Connection(address) for address in addresses]
    posts = list(authors)
    turn = 0
    while not findings.are_over:
        turn += 1
        at = random.choice(connections)
        author = authors[random.choice(posts)]
        least = {post: (each.title, each.name) for post, each in authors.items()} if turn % 4 == 0 else {}
        title, name = author.title, author.name
        try:
            if turn % 4 == 0:
                status, page = await at.call("GET", "/api/v1/posts?limit=50")
                for item in page["items"] if status == 200 else ():
                    if item["id"] in least:
                        check_post(findings, "list", item, *least[item["id"]])
            elif turn % 8 == 6:
                status, profile = await at.call("GET", f"/api/v1/users/{author.id}")
                if status == 200:
                    findings.check("profile", profile["name"], name)
            else:
                status, post = await at.call("GET", f"/api/v1/posts/{author.post}")
                if status == 200:
                    check_post(findings, "post", post, title, name)
            findings.failed += status != 200
        except (OSError, EOFError):
            findings.failed += 1
    hang_up(connections)


def hang_up(connections: Sequence[Connection]) -> None:
    """All of them."""
    for connection in connections:
        connection.close()


def check_post(findings: Findings, what: str, post: Mapping[str, Any], title: int, name: int) -> None:  # Any: JSON
    """A title, and the name of who wrote it."""
    findings.check(f"{what}, title", post["title"], title)
    findings.check(f"{what}, author", post["author"]["name"], name)


async def hunt(
    addresses: Sequence[str],
    *,
    seconds: float,
    writers: int = 16,
    readers: int = 64,
    stops_at_the_first: bool = False,
) -> Findings:
    """What writers and readers find out together."""
    authors = await make_authors(addresses[0], writers)
    by_post = {author.post: author for author in authors}
    findings = Findings(time.monotonic() + seconds, stops_at_the_first)
    await asyncio.gather(
        *(write(author, addresses, findings) for author in authors),
        *(read(by_post, addresses, findings) for _ in range(readers)),
    )
    return findings
