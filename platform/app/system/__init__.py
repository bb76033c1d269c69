"""Under ``/api/v1/system``: what the product says about itself, and what its operator mends."""

from app.system.modules import modules_route
from app.system.outbox import OutboxController

__all__ = ["OutboxController", "modules_route"]
