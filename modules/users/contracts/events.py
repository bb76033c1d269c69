"""What happened to people."""

from uuid import UUID

from kernel.events import Event


class UserRegistered(Event, frozen=True, tag="users.registered"):
    """Somebody joined."""

    user_id: UUID


class AccountOpened(Event, frozen=True, tag="users.account_opened"):
    """An administrator made an account: its person has no password yet, and is to be told how to set one."""

    user_id: UUID


class UserActivated(Event, frozen=True, tag="users.activated"):
    """An administrator let somebody in again."""

    user_id: UUID


class UserDeactivated(Event, frozen=True, tag="users.deactivated"):
    """An administrator shut somebody out."""

    user_id: UUID


class UserDeletionRequested(Event, frozen=True, tag="users.deletion_requested"):
    """An account is to be erased when its time of grace is over; for the world, its person has left."""

    user_id: UUID


class ExportRequested(Event, frozen=True, tag="users.export_requested"):
    """Somebody wants all that is known of them."""

    export_id: UUID
    user_id: UUID


class UserRestored(Event, frozen=True, tag="users.restored"):
    """Somebody who was about to be erased is back."""

    user_id: UUID


class UserErased(Event, frozen=True, tag="users.erased"):
    """Nothing of a person is left but their id."""

    user_id: UUID


class FollowsToRecount(Event, frozen=True, tag="users.follows_to_recount"):
    """Somebody has left or come back, and others' counters do not say so yet."""

    user_id: UUID


class RolesChanged(Event, frozen=True, tag="users.roles_changed"):
    """Somebody may do other things than before."""

    user_id: UUID


class UserFollowed(Event, frozen=True, tag="users.followed"):
    """Somebody began to follow somebody."""

    follower_id: UUID
    followee_id: UUID
