"""What this module holds of a person, and how it forgets them."""

from collections.abc import Mapping
from uuid import UUID

from kernel.unit_of_work import UnitOfWork
from modules.auth.models import (
    Base,
    CredentialRow,
    DeviceRow,
    MailTokenRow,
    PersonalTokenRow,
    SecurityEventRow,
    SessionRow,
    TotpRow,
)
from modules.auth.repositories import PersonalDataRepository

FILES: Mapping[str, tuple[type[Base], tuple[str, ...]]] = {
    "password.json": (CredentialRow, ("created_at", "updated_at")),
    "sessions.json": (
        SessionRow,
        ("id", "created_at", "auth_time", "rotated_at", "expires_at", "revoked_at", "reason", "ip", "user_agent"),
    ),
    "devices.json": (DeviceRow, ("created_at", "seen_at")),
    "security_log.json": (SecurityEventRow, ("kind", "session_id", "ip", "user_agent", "created_at")),
    "second_factor.json": (TotpRow, ("created_at", "confirmed_at")),
    "personal_tokens.json": (
        PersonalTokenRow,
        ("id", "name", "scopes", "created_at", "expires_at", "last_used_at"),
    ),
    "links_in_mails.json": (MailTokenRow, ("purpose", "email", "created_at", "expires_at", "used_at")),
}
"""All but what proves who somebody is: a hash or a secret in an export would only be one more place to lose it."""


async def export(uow: UnitOfWork, user_id: UUID) -> Mapping[str, object]:
    """When and from where they signed in, and what concerned the safety of their account."""
    held = PersonalDataRepository(uow.session)
    return {name: await held.read(row, columns, user_id) for name, (row, columns) in FILES.items()}


async def erase(uow: UnitOfWork, user_id: UUID) -> None:
    """Forget how they signed in, and from where."""
    await PersonalDataRepository(uow.session).forget(user_id)
