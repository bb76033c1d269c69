"""Becoming somebody."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody

from kernel.errors import Overloaded
from kernel.http.conditional import resource
from kernel.http.encoding import Encoded, encode
from kernel.http.limiting import LIMITS
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.identity import identity
from kernel.limits import Limit
from kernel.security import TOKENLESS, public
from modules.auth.schemas import Accepted, Register
from modules.auth.services import Registration
from modules.users import EmailTaken, NewUser, User, UsernameTaken

SIGN_UPS = Limit("register", 300, 3_600)
"""Of one network, which a school or an office may be."""


class RegistrationController(Controller):
    """Becoming somebody."""

    guards = (public,)

    @post(
        "/register",
        operation_id="register",
        opt={"problems": [EmailTaken, UsernameTaken, Overloaded], TOKENLESS: True, LIMITS: [SIGN_UPS]},
        responses={
            202: ResponseSpec(Accepted, generate_examples=False, description="If existing accounts are hidden.")
        },
    )
    async def register(
        self,
        request: HttpRequest,
        data: JSONBody[Register],
        once: NamedDependency[Once],
        registration: NamedDependency[Registration],
    ) -> Response[User]:
        """Sign up. A mail asks to confirm the address; the account can be used at once.

        Where existing accounts are hidden, the response is always 202, and the owner of a taken address gets a mail.
        """
        person = NewUser(email=data.email, name=data.name, username=data.username)
        hashed = await registration.hashed(data.password)

        async def effect() -> Response[User]:
            if registration.hides_existing:
                await registration.enrol_or_tell(person, hashed)
                return Encoded(encode(Accepted()), status_code=202)
            user = await registration.enrol(person, hashed)
            headers = {"Location": f"/api/v1/users/{user.id}"}
            return resource(request, user, version=1, status_code=201, headers=headers)

        return await once(f"sign-up {identity(data.email)}", effect)
