"""Leaving."""

from litestar import Controller, delete
from litestar.di import NamedDependency

from kernel.http.client import Client
from kernel.security import Principal, signed_in_recently
from kernel.versions import IfMatch
from modules.users.contracts import LastSuperuser
from modules.users.schemas import Departure
from modules.users.services import DeletionService


class DeletionController(Controller):
    """The end of one's own account."""

    @delete(
        "/me",
        operation_id="deleteOwnAccount",
        status_code=202,
        guards=[signed_in_recently],
        opt={"problems": [LastSuperuser]},
    )
    async def ask(
        self,
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        deletion_service: NamedDependency[DeletionService],
    ) -> Departure:
        """Delete your account: it is gone at once, and erased after 30 days. Signing in before then restores it."""
        return await deletion_service.ask(me, if_match, client)
