"""What one wants to be told, and how."""

from typing import Annotated

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.security import TOKENLESS, Principal, public, signed_in
from kernel.versions import IfMatch
from modules.notifications.contracts import InvalidUnsubscribeToken
from modules.notifications.schemas import ChangePreferences, Preferences
from modules.notifications.services import PreferencesService
from modules.notifications.tokens import UnsubscribeTokens


class PreferencesController(Controller):
    """The caller's own preferences."""

    path = "/preferences"
    guards = (signed_in,)

    @get(operation_id="getNotificationPreferences")
    async def show(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        preferences_service: NamedDependency[PreferencesService],
    ) -> Response[Preferences]:
        """What you are notified of, and how."""
        preferences = await preferences_service.show(me.id)
        return resource(request, preferences.value, version=preferences.version)

    @patch(operation_id="changeNotificationPreferences")
    async def change(
        self,
        request: HttpRequest,
        data: JSONBody[ChangePreferences],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        preferences_service: NamedDependency[PreferencesService],
    ) -> Response[Preferences]:
        """Change the given preferences. This also applies to mails that are already queued."""
        preferences = await preferences_service.change(me.id, data, if_match)
        return resource(request, preferences.value, version=preferences.version)


class UnsubscribeController(Controller):
    """The way out of mails, for whoever holds one."""

    guards = (public,)

    @post(
        "/unsubscribe",
        operation_id="unsubscribe",
        status_code=204,
        opt={"problems": [InvalidUnsubscribeToken], TOKENLESS: True},
    )
    async def unsubscribe(
        self,
        token: Annotated[str, QueryParameter(description="The token from a mail.", max_length=500)],
        unsubscribe_tokens: NamedDependency[UnsubscribeTokens],
        preferences_service: NamedDependency[PreferencesService],
    ) -> None:
        """Unsubscribe from one kind of mail, as mail programs do with one click (RFC 8058). The body is ignored."""
        user_id, kind = unsubscribe_tokens.read(token)
        await preferences_service.unsubscribe(user_id, kind)
