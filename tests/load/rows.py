"""What is measured: the rows of the table, and the goal of each."""

from collections.abc import Mapping

import msgspec

from tests.load.readers import API, Readers, addresses, exchange, page_after, series
from tests.load.rounds import Request, Series
from tests.load.servers import Data, Name, Process

TITLES = 10
"""So often a post is edited before it has an old title again."""

COMMON = frozenset({"id", "slug", "title", "tags", "status", "comments_count", "created_at", "updated_at"})
POST, SUMMARY = COMMON | {"author", "body"}, COMMON | {"author", "excerpt"}
RECORD, LISTED = COMMON | {"author_id", "body"}, COMMON | {"author_id", "excerpt"}
USER = frozenset({"id", "email", "username", "name", "bio", "is_active", "created_at", "updated_at"})
PAIR = frozenset({"access_token", "refresh_token"})

NEW = {"title": "The river in spring UNIQUE", "body": "It outlived three winters. " * 18, "status": "published"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Ours beside a yardstick and the original, and the ratios to reach."""

    title: str
    ours: Series
    yardstick: Series | None = None
    original: Series | None = None
    of_yardstick: float | None = None
    of_original: float | None = None


def plan(data: Data, processes: Mapping[Name, Process]) -> list[list[Row]]:
    """Rows in groups; what a group shares is measured once, and its processes take turns."""
    readers = Readers(data, processes)
    return [one_post(readers), own_data(readers), first_page(readers), further(readers), miss(readers), writes(readers)]


def one_post(readers: Readers) -> list[Row]:
    """A post that is in the cache."""
    bare = series("post", "bare", [f"/posts/{post.id}" for post in readers.hot], POST)
    theirs, ours = ([f"{api}/posts/{post.id}" for post in readers.hot] for api in ("", API))
    http = readers.processes["ours"].http
    known = [{"If-None-Match": http.get(path).headers["ETag"]} for path in ours]
    cached = series("post", "ours", ours, POST)
    return [
        Row(
            title="GET /posts/{id}, cached",
            ours=cached,
            yardstick=bare,
            original=series("post", "original", theirs, POST),
            of_yardstick=0.8,
            of_original=15,
        ),
        Row(
            title="GET /posts/{id}, cached, signed in",
            ours=series("post, signed in", "ours", ours, POST, who=readers.everybody("ours")),
            yardstick=bare,
            original=series("post, signed in", "original", theirs, POST, who=readers.everybody("original")),
            of_yardstick=0.8,
            of_original=15,
        ),
        Row(
            title="GET /posts/{id}, 304",
            ours=series("post, 304", "ours", ours, frozenset(), who=known, status=304),
            yardstick=bare,
            of_yardstick=1.0,
        ),
        Row(
            title="GET /posts/{id}, cached, every tenth traced, beside none",
            ours=series("post", "traced", ours, POST),
            yardstick=cached,
            of_yardstick=0.85,
        ),
    ]


def own_data(readers: Readers) -> list[Row]:
    """What belongs to the caller."""
    people = readers.people
    bare = series("me", "bare", ["/me"], USER)

    def own(what: str, process: Name, path: str, fields: frozenset[str]) -> Series:
        return series(what, process, [path] * len(people), fields, who=readers.everybody(process))

    return [
        Row(
            title="GET /users/me",
            ours=own("me", "ours", f"{API}/users/me", USER),
            yardstick=bare,
            original=own("me", "original", "/users/me", USER),
            of_yardstick=0.8,
            of_original=15,
        ),
        Row(
            title="GET /notifications/unread-count",
            ours=own("unread", "ours", f"{API}/notifications/unread-count", frozenset({"unread"})),
            yardstick=bare,
            of_yardstick=0.7,
        ),
        Row(
            title="POST /auth/refresh",
            ours=exchange(readers, "ours", f"{API}/auth/refresh", PAIR),
            yardstick=bare,
            original=exchange(readers, "original", "/auth/refresh", PAIR),
            of_yardstick=0.4,
            of_original=3,
        ),
    ]


def first_page(readers: Readers) -> list[Row]:
    """The page that most readers see."""
    return [
        Row(
            title="GET /posts, first page, cached",
            ours=series("first page", "ours", [f"{API}/posts"], SUMMARY),
            yardstick=series("first page", "bare", ["/posts"], SUMMARY),
            original=series("first page", "original", ["/posts"], SUMMARY),
            of_yardstick=0.8,
            of_original=20,
        )
    ]


def further(readers: Readers) -> list[Row]:
    """Pages that are not cached: among the first fifty, and near the end."""
    posts = readers.posts
    after = [{"after": posts[at].moment, "after_id": posts[at].id} for at in readers.further]
    deep = series("page", "ours", [page_after(readers, at) for at in readers.further], SUMMARY)
    as_rows, as_json = (addresses(path, after) for path in ("/rows", "/rows.json"))
    end = len(posts) - 100
    return [
        Row(
            title="GET /posts?cursor=…, beside rows",
            ours=deep,
            yardstick=series("page", "bare", as_rows, LISTED),
            original=series("page", "original", addresses("/posts", [{"skip": at} for at in readers.further]), SUMMARY),
            of_yardstick=1.0,
            of_original=6,
        ),
        Row(
            title="GET /posts?cursor=…, beside JSON made by PostgreSQL",
            ours=deep,
            yardstick=series("page as JSON", "bare", as_json, LISTED),
        ),
        Row(
            title=f"GET /posts?cursor=…, page {end // 20:,} beside page 2",
            ours=series("last page", "ours", [page_after(readers, end)], SUMMARY),
            yardstick=series("page 2", "ours", [page_after(readers, 19)], SUMMARY),
            of_yardstick=1 / 1.2,
        ),
    ]


def miss(readers: Readers) -> list[Row]:
    """A post that is not in the cache: Redis is empty, and no post is asked for twice."""
    bare, theirs, ours = ([f"{path}/{post.id}" for post in readers.all] for path in ("/rows", "/posts", f"{API}/posts"))
    return [
        Row(
            title="GET /posts/{id}, cache miss",
            ours=series("post, miss", "ours", ours, POST, cold=True),
            yardstick=series("row", "bare", bare, RECORD),
            original=series("post, miss", "original", theirs, POST, cold=True),
            of_yardstick=0.7,
            of_original=5,
        )
    ]


def writes(readers: Readers) -> list[Row]:
    """Posts that are made, and posts that are edited by their authors."""
    body = msgspec.json.encode(NEW)
    insert = Series(name="insert", process="bare", requests=[Request("/rows", "POST", body)], status=201, fields=RECORD)

    def create(process: Name, api: str) -> Series:
        requests = [Request(f"{api}/posts", "POST", body, headers) for headers in readers.everybody(process)]
        return Series(name="create", process=process, requests=requests, status=201, fields=POST)

    def edit(process: Name, api: str) -> Series:
        requests = [
            Request(
                f"{api}/posts/{post.id}",
                "PATCH",
                msgspec.json.encode({"title": f"The river, edition {edition}"}),
                readers.headers(process, email),
            )
            for edition in range(TITLES)
            for email, post in readers.own
        ]
        return Series(name="edit", process=process, requests=requests, fields=POST)

    return [
        Row(
            title="POST /posts, with Idempotency-Key",
            ours=create("ours", API),
            yardstick=insert,
            original=create("original", ""),
            of_yardstick=0.25,
            of_original=2.5,
        ),
        Row(
            title="PATCH /posts/{id}",
            ours=edit("ours", API),
            yardstick=insert,
            original=edit("original", ""),
            of_yardstick=0.25,
            of_original=2.5,
        ),
    ]
