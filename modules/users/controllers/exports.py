"""Everything that is known of the signed-in person, as a ZIP of JSON files."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response import Stream

from kernel.errors import NotFound
from kernel.http.bulkhead import STREAM
from kernel.http.client import Client
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.reads import Reader
from kernel.security import Principal, in_person
from modules.users.schemas import Export
from modules.users.services import ExportService, content


class ExportController(Controller):
    """Exports of oneself; nobody else's are there."""

    path = "/me"
    guards = (in_person,)

    @post("/export", operation_id="exportOwnData", status_code=202)
    async def ask(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        once: NamedDependency[Once],
        export_service: NamedDependency[ExportService],
    ) -> Response[Export]:
        """Request an export of all your data. While one is being prepared, that one is returned."""

        async def effect() -> Response[Export]:
            export = await export_service.ask(me, client)
            headers = {"Location": f"/api/v1/users/me/exports/{export.id}"}
            return resource(request, export, version=0, status_code=202, headers=headers)

        return await once(str(me.id), effect)

    @get("/exports/{export_id:uuid}", operation_id="getExport")
    async def show(
        self,
        request: HttpRequest,
        export_id: FromPath[UUID],
        me: NamedDependency[Principal],
        export_service: NamedDependency[ExportService],
    ) -> Response[Export]:
        """The state of an export; once it is ready, the archive can be downloaded for seven days."""
        return resource(request, await export_service.find(me, export_id), version=0)

    @get(
        "/exports/{export_id:uuid}/archive",
        operation_id="downloadExport",
        media_type="application/zip",
        opt={STREAM: True},
        responses={
            200: ResponseSpec(bytes, generate_examples=False, media_type="application/zip", description="The archive.")
        },
    )
    async def download(
        self,
        export_id: FromPath[UUID],
        me: NamedDependency[Principal],
        export_service: NamedDependency[ExportService],
        reader: NamedDependency[Reader],
    ) -> Stream:
        """The ZIP archive, with a folder for each module."""
        export = await export_service.find(me, export_id)
        if export.state != "ready":
            raise NotFound
        headers = {
            "Content-Length": str(export.size),
            "Content-Disposition": f'attachment; filename="export-{export.created_at:%Y-%m-%d}.zip"',
        }
        return Stream(content(reader, export_id), media_type="application/zip", headers=headers)
