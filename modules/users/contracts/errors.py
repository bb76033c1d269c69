"""What cannot be done to people."""

from kernel.errors import Conflict


class EmailTaken(Conflict):
    """This e-mail address already has an account.

    Addresses that differ only in case or in compatible Unicode forms are the same address.
    """


class UsernameTaken(Conflict):
    """This username belongs to somebody else."""


class LastSuperuser(Conflict):
    """Nobody could do what only superusers may.

    The last active superuser can be neither deactivated nor deleted.
    """


class RoleTaken(Conflict):
    """There is a role of this name already."""


class BuiltInRole(Conflict):
    """This role is part of the product.

    `admin` and `moderator` can be given and taken away, but neither changed nor deleted.
    """


class CannotFollowYourself(Conflict):
    """Nobody can follow themselves."""
