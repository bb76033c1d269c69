"""Who gets in: a superuser, by the cookie that the form leaves, or by a token as everywhere else."""

from datetime import timedelta
from urllib.parse import urlsplit

from litestar.datastructures import Cookie

from kernel.errors import NotAuthenticated, PermissionDenied
from kernel.security import Access, Connection, Principal

NAME = "quire_jobs"
PATH = "/jobs"
LASTING = timedelta(hours=8)
"""A working day. Within it, the sign-in ends as soon as its session does."""


class ForeignRequest(PermissionDenied):
    """The request does not come from a page of this site."""


async def let_in(connection: Connection) -> None:
    """Find out who is calling; raises `NotAuthenticated` or `PermissionDenied`."""
    caller: Principal | None = connection.scope.get("user")
    if caller is None:
        caller = await of_cookie(connection)
        if connection.scope.get("method") != "GET":
            refuse_foreign(connection)
    if not caller.is_superuser:
        raise PermissionDenied
    connection.scope["user"] = caller


async def of_cookie(connection: Connection) -> Principal:
    """Whose token it is that the cookie holds; raises `NotAuthenticated`."""
    token = connection.cookies.get(NAME)
    if not token:
        raise NotAuthenticated
    caller: Principal = await connection.route_handler.opt["authenticate"](token)
    return caller


def refuse_foreign(connection: Connection) -> None:
    """Raise `ForeignRequest` unless a browser says that one of our own pages asks."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if site != "same-origin" if site else urlsplit(origin or "").netloc != connection.headers.get("host"):
        raise ForeignRequest


ours = Access("superusers", proof=let_in)


def cookie(token: str, *, secure: bool) -> Cookie:
    """For this path, out of reach of scripts and of other sites; gone when the browser is closed."""
    return Cookie(key=NAME, path=PATH, value=token, httponly=True, samesite="strict", secure=secure)


def no_cookie(*, secure: bool) -> Cookie:
    """Take it away."""
    return Cookie(key=NAME, path=PATH, value="", max_age=0, httponly=True, samesite="strict", secure=secure)
