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
        summary=act.capitalize(),
        description=description,
        status_code=200,
        guards=[signed_in],
        opt=STATE,
    )(move)


class StateController(Controller):
    """The life of a post."""

    publish = moving("publish", "Make it public; followers are told the first time.")
    unpublish = moving("unpublish", "Make it a draft again.")
    archive = moving("archive", "Take it away from the public without losing it.")

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
        """Let it go public by itself, exactly once and within two seconds of that moment; again for another moment."""
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
        """Make it a draft again."""
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
        """Bring back what was deleted within the last thirty days, as it was; what waited for its time, as a draft.

        What a moderator has deleted, its author cannot bring back.
        """
        restored = await post_service.restore(me, post_id, if_match)
        return resource(request, restored.value, version=restored.version)
