"""E-mails and what became of them, as administrators see them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from kernel.mail import MailState


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mail. `dropped` was not wanted any more when its turn came; `failed` is not tried again by itself."""

    id: UUID
    kind: Annotated[str, msgspec.Meta(examples=["notifications.welcome"])]
    user_id: UUID
    recipient: Annotated[str, msgspec.Meta(examples=["ada@example.org"])]
    state: MailState
    attempts: Annotated[int, msgspec.Meta(examples=[1])]
    last_error: Annotated[str | None, msgspec.Meta(examples=["550 no such mailbox"])]
    sent_at: datetime | None
    created_at: datetime
