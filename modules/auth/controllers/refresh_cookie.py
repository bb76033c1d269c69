"""A browser's refresh token: in a cookie that no script can read, instead of in the answer."""

from typing import TypeVar

import msgspec
from litestar import Response
from litestar.datastructures import Cookie

from kernel.errors import MalformedBody
from kernel.http.request import HttpRequest
from modules.auth.contracts import CrossSiteRequest
from modules.auth.schemas import TokenPair

NAME = "quire_refresh"

T = TypeVar("T")


class RefreshCookie:
    """``HttpOnly``, ``SameSite=Strict``, for ``/auth`` alone, and over HTTPS alone where the product is reached so."""

    def __init__(self, *, path: str, secure: bool, max_age: float) -> None:
        self._path = path
        self._secure = secure
        self._max_age = round(max_age)

    def is_kept(self, request: HttpRequest) -> bool:
        """Whether this client has its refresh token in the cookie."""
        return NAME in request.cookies

    def answer(self, pair: TokenPair, *, in_cookie: bool) -> Response[TokenPair]:
        """A pair of tokens, in the way in which the client keeps them."""
        if in_cookie and pair.refresh_token is not msgspec.UNSET:
            body = msgspec.structs.replace(pair, refresh_token=msgspec.UNSET)
            return Response(body, cookies=[self._cookie(pair.refresh_token, self._max_age)])
        return Response(pair)

    def token(self, request: HttpRequest) -> str:
        """What the cookie holds; raises `CrossSiteRequest`, or `MalformedBody` where there is no cookie either."""
        token = request.cookies.get(NAME)
        if token is None:
            raise MalformedBody("A JSON body or the refresh cookie is required.")
        if "x-requested-with" not in request.headers:
            raise CrossSiteRequest
        return token

    def forget(self, request: HttpRequest, answer: Response[T]) -> Response[T]:
        """The cookie is to be deleted, if there is one."""
        if NAME in request.cookies:
            answer.cookies.append(self._cookie("", 0))
        return answer

    def _cookie(self, value: str, max_age: int) -> Cookie:
        return Cookie(
            key=NAME,
            value=value,
            max_age=max_age,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
