"""Personal access tokens."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.errors import PermissionDenied
from kernel.http.conditional import resource
from kernel.http.limiting import LIMITS
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.limits import Limit as RateLimit
from kernel.pagination import Page
from kernel.security import Principal, in_person, signed_in_recently
from modules.auth.schemas import CreatePersonalToken, NewPersonalToken, PersonalToken
from modules.auth.services import PersonalTokens

TOKENS = RateLimit("personal-tokens", 100, 3_600)
"""Of one person: each is told of by mail."""


class PersonalTokenController(Controller):
    """Tokens for programs."""

    path = "/tokens"

    @post(
        "",
        operation_id="createPersonalToken",
        guards=[signed_in_recently],
        opt={"problems": [PermissionDenied], LIMITS: [TOKENS]},
    )
    async def create(
        self,
        request: HttpRequest,
        data: JSONBody[CreatePersonalToken],
        me: NamedDependency[Principal],
        once: NamedDependency[Once],
        personal_tokens: NamedDependency[PersonalTokens],
    ) -> Response[NewPersonalToken]:
        """Create a token for a program that acts for you. It is only shown once."""

        async def effect() -> Response[NewPersonalToken]:
            created = await personal_tokens.create(me, data)
            headers = {"Location": f"/api/v1/auth/tokens/{created.id}"}
            return resource(request, created, version=1, status_code=201, headers=headers)

        return await once(str(me.id), effect, secret=True)

    @get("", operation_id="listPersonalTokens", guards=[in_person])
    async def show_all(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        personal_tokens: NamedDependency[PersonalTokens],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[PersonalToken]]:
        """Your personal access tokens, newest first; expired ones are listed for a month."""
        return listing(request, await personal_tokens.page(me, cursor=cursor, limit=limit))

    @get("/{token_id:uuid}", operation_id="getPersonalToken", guards=[in_person])
    async def show(
        self,
        request: HttpRequest,
        token_id: FromPath[UUID],
        me: NamedDependency[Principal],
        personal_tokens: NamedDependency[PersonalTokens],
    ) -> Response[PersonalToken]:
        """One of your personal access tokens, without the token itself."""
        return resource(request, await personal_tokens.find(me, token_id), version=1)

    @delete("/{token_id:uuid}", operation_id="revokePersonalToken", guards=[in_person])
    async def revoke(
        self,
        token_id: FromPath[UUID],
        me: NamedDependency[Principal],
        personal_tokens: NamedDependency[PersonalTokens],
    ) -> None:
        """Revoke a token."""
        await personal_tokens.revoke(me, token_id)
