"""Moving posts from state to state."""

from uuid import UUID

from litestar import Controller, Response, delete, post, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody

from kernel.errors import PermissionDenied
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.security import Principal, signed_in
from kernel.versions import IfMatch
from modules.posts.contracts import InvalidTransition
from modules.posts.schemas import FullPost, SchedulePost
from modules.posts.services import Act, PostService

STATE = {"problems": [PermissionDenied, InvalidTransition]}
"""What keeps a post from moving on."""


def moving(act: Act, description: str) -> HTTPRouteHandler:
    """A handler that does one act."""

    async def move(
        self: Controller,
        request: HttpRequest,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        moved = await post_service.move(me, post_id, act, if_match)
        return resource(request, moved.value, version=moved.version)

    move.__qualname__ = f"StateController.{act}"  # Litestar puts handlers in this order
    return post(
        f"/{{post_id:uuid}}/{act}",
        operation_id=f"{act}Post",
        description=description,
        status_code=200,
        guards=[signed_in],
        opt=STATE,
    )(move)


class StateController(Controller):
    """The life of a post."""

    publish = moving("publish", "Publish a post; followers are notified the first time.")
    unpublish = moving("unpublish", "Turn a post back into a draft.")
    archive = moving("archive", "Withdraw a post from the public and keep it.")

    @put("/{post_id:uuid}/schedule", operation_id="schedulePost", guards=[signed_in], opt=STATE)
    async def schedule(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        data: JSONBody[SchedulePost],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Schedule a post: it is published once, within two seconds of that time. Repeat to reschedule it."""
        scheduled = await post_service.schedule(me, post_id, data.scheduled_for, if_match)
        return resource(request, scheduled.value, version=scheduled.version)

    @delete("/{post_id:uuid}/schedule", operation_id="unschedulePost", guards=[signed_in], opt=STATE)
    async def unschedule(
        self,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> None:
        """Cancel the schedule; the post becomes a draft."""
        await post_service.move(me, post_id, "unschedule", if_match)

    @post("/{post_id:uuid}/restore", operation_id="restorePost", status_code=200, guards=[signed_in], opt=STATE)
    async def restore(
        self,
        request: HttpRequest,
        post_id: FromPath[UUID],
        me: NamedDependency[Principal],
        if_match: NamedDependency[IfMatch],
        post_service: NamedDependency[PostService],
    ) -> Response[FullPost]:
        """Restore a post deleted within the last thirty days; one that was scheduled becomes a draft.

        Only moderators can restore what a moderator has deleted.
        """
        restored = await post_service.restore(me, post_id, if_match)
        return resource(request, restored.value, version=restored.version)
