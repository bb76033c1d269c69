"""Everything below ``/jobs``: nothing of it is for anybody but superusers, except the form to become known as one."""

from collections.abc import Mapping
from typing import Annotated, TypeAlias

import msgspec
from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from app.jobs.access import LASTING, PATH, cookie, no_cookie, ours, refuse_foreign
from app.jobs.controller import QueueController
from app.jobs.files import dashboard_file
from app.jobs.queues import provide_queues
from app.pages import open_html
from kernel.errors import DomainError, NotAuthenticated, PermissionDenied
from kernel.http.limiting import LIMITS
from kernel.http.request import HttpRequest
from kernel.limits import Limit
from kernel.problems import status_of
from kernel.security import TOKENLESS, Principal, public
from kernel.settings import KernelSettings
from modules.auth import SignIn
from modules.users import Users

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

SIGN_INS = Limit("jobs-sign-in", 60, 60)

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]


class SignInForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who somebody says they are."""

    email: Text
    password: Text
    code: Annotated[str, msgspec.Meta(max_length=100)] = ""


def jobs_router(settings: KernelSettings, dependencies: Mapping[str, Provide]) -> Router:
    """SAQ's dashboard; ``dependencies`` are those of the module that signs people in."""
    html = open_html()
    secure = settings.public_url.startswith("https:")

    def show_form(_: HttpRequest, error: DomainError) -> Response[str]:
        """Instead of a page."""
        page = html.page(
            "sign_in.html",
            policy=POLICY,
            status_code=status_of(type(error)),
            action=f"{PATH}/sign-in",
            refused=isinstance(error, PermissionDenied),
        )
        page.headers.update(error.headers)
        return page

    @get(
        [PATH, f"{PATH}/queues/{{queue:str}}", f"{PATH}/queues/{{queue:str}}/jobs/{{key:str}}"],
        guards=[ours],
        exception_handlers={NotAuthenticated: show_form, PermissionDenied: show_form},
        sync_to_thread=False,
    )
    def dashboard() -> Response[str]:
        return html.page("jobs.html", policy=POLICY)

    @post(f"{PATH}/sign-in", guards=[public], status_code=204, opt={TOKENLESS: True, LIMITS: [SIGN_INS]})
    async def sign_in(
        request: HttpRequest,
        data: JSONBody[SignInForm],
        sign_in: NamedDependency[SignIn],
        users: NamedDependency[Users],
    ) -> Response[None]:
        refuse_foreign(request)
        signed_in = await sign_in.sign_in(data.email, data.password, lasting=LASTING, code=data.code)
        user = await users.find(signed_in.user_id)
        if user is None or not user.is_superuser:
            raise PermissionDenied  # and there is no session either
        return Response(None, cookies=[cookie(signed_in.access_token, secure=secure)])

    @post(f"{PATH}/sign-out", guards=[ours], status_code=204)
    async def sign_out(me: NamedDependency[Principal], sign_in: NamedDependency[SignIn]) -> Response[None]:
        if me.session_id is not None:
            await sign_in.sign_out(me.id, me.session_id)
        return Response(None, cookies=[no_cookie(secure=secure)])

    return Router(
        path="/",
        route_handlers=[dashboard, sign_in, sign_out, dashboard_file, QueueController],
        dependencies={**dependencies, "queues": Provide(provide_queues(settings.redis_url))},
        include_in_schema=False,
    )
