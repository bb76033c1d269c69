"""Who asks, for what, and how it is put to wrk."""

import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any, TypeAlias
from urllib.parse import urlencode

import msgspec

from tests.load.rounds import CONNECTIONS, Request, Series
from tests.load.servers import LOGIN, Data, Name, Process
from tests.running import bearer

API = "/api/v1"

HOT = 200
"""Posts, and positions in the list, that are asked for again and again."""

Headers: TypeAlias = Mapping[str, str]


class Readers:
    """Forty-eight people who are signed in everywhere, and the posts that they read and own."""

    def __init__(self, data: Data, processes: Mapping[Name, Process]) -> None:
        chance = random.Random(4)
        self.processes = processes
        self.posts = data.posts
        self.hot = chance.sample(data.posts, HOT)
        self.all = chance.sample(data.posts, len(data.posts))
        self.further = chance.sample(range(20, 1_000), HOT)
        self.people = list(dict.fromkeys(post.email for post in data.posts))[:CONNECTIONS]
        self.own = [(email, post) for email in self.people for post in data.of(email)[:20]]
        self._signed_in = {
            name: {email: bearer(processes[name].log_in(email)["access_token"]) for email in self.people}
            for name in LOGIN
        }
        chance.shuffle(self.own)

    def headers(self, process: Name, email: str) -> Headers:
        """Of somebody."""
        return self._signed_in[process][email]

    def everybody(self, process: Name) -> list[Headers]:
        """Of all."""
        return [self.headers(process, email) for email in self.people]


def series(
    name: str,
    process: Name,
    paths: Sequence[str],
    fields: frozenset[str],
    *,
    who: Sequence[Headers] = ({},),
    status: int = 200,
    cold: bool = False,
) -> Series:
    """GETs, by everybody in turn."""
    requests = [Request(path, headers=headers) for path, headers in zip(paths, cycle(who), strict=False)]
    return Series(name=name, process=process, requests=requests, status=status, fields=fields, cold=cold)


def exchange(readers: Readers, process: Name, path: str, fields: frozenset[str]) -> Series:
    """Refresh tokens of everybody; the two that are named here are for the first look."""
    pairs = [readers.processes[process].log_in(email) for email in readers.people[:2]]
    bodies = [msgspec.json.encode({"refresh_token": pair["refresh_token"]}) for pair in pairs]
    requests = [Request(path, "POST", body) for body in bodies]
    return Series(name="refresh", process=process, requests=requests, fields=fields, people=readers.people * 2)


def page_after(readers: Readers, at: int) -> str:
    """Of ours."""
    return f"{API}/posts?cursor={readers.posts[at].cursor}"


def addresses(path: str, queries: Iterable[Mapping[str, Any]]) -> list[str]:  # Any: whatever is in a query
    """One path with many queries."""
    return [f"{path}?{urlencode(query)}" for query in queries]
