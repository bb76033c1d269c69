"""The way into a stream."""

from typing import Annotated

import msgspec


class StreamTicket(msgspec.Struct, frozen=True, kw_only=True):
    """Opens one stream: `/api/v1/notifications/stream?ticket=...`, within `expires_in` seconds."""

    ticket: Annotated[str, msgspec.Meta(examples=["pA5nq0cC1v9yq3S8o2mJ0w6mYb1Xw8Vd3n4rTq7uKeI"])]
    expires_in: Annotated[int, msgspec.Meta(examples=[30])]
