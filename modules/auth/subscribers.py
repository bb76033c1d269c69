"""What auth does, in the same transaction, when people are shut out or leave."""

from kernel.unit_of_work import UnitOfWork
from modules.auth.models import SessionRow
from modules.auth.repositories import SessionRepository
from modules.users import UserDeactivated, UserDeletionRequested


async def sign_out_deactivated(event: UserDeactivated, uow: UnitOfWork) -> None:
    """Their sessions end with the deactivation, or not at all."""
    await SessionRepository(session=uow.session).revoke(SessionRow.user_id == event.user_id, reason="deactivated")


async def sign_out_leaving(event: UserDeletionRequested, uow: UnitOfWork) -> None:
    """Who asks to be erased is signed out everywhere; a new sign-in takes it back."""
    await SessionRepository(session=uow.session).revoke(SessionRow.user_id == event.user_id, reason="leaving")
