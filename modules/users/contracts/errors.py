"""What cannot be done to people."""

from kernel.errors import Conflict


class EmailTaken(Conflict):
    """This e-mail address already has an account.

    Addresses that differ only in case or in compatible Unicode forms count as the same.
    """


class UsernameTaken(Conflict):
    """This username is taken."""


class LastSuperuser(Conflict):
    """There must be an active superuser.

    The last one can be neither deactivated nor deleted.
    """


class RoleTaken(Conflict):
    """A role with this name already exists."""


class BuiltInRole(Conflict):
    """This role is built in.

    `admin` and `moderator` can be granted and revoked, but neither changed nor deleted.
    """


class CannotFollowYourself(Conflict):
    """You cannot follow yourself."""
