"""The tokens in links that unsubscribe: they say whom and from what, are stored nowhere and do not expire."""

from typing import Literal, TypeAlias, cast, get_args
from uuid import UUID

from kernel.vault import Vault
from modules.notifications.contracts import InvalidUnsubscribeToken
from modules.notifications.schemas import Type

MailKind: TypeAlias = Type | Literal["digest"]

PURPOSE = "notifications.unsubscribe"
KINDS = frozenset({*get_args(Type), "digest"})


class UnsubscribeTokens:
    """Signed, so that nobody unsubscribes anybody else."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, user_id: UUID, kind: MailKind) -> str:
        """The token for one kind of mail to one person."""
        message = f"{user_id}.{kind}"
        return f"{message}.{self._vault.sign(PURPOSE, message)}"

    def read(self, token: str) -> tuple[UUID, MailKind]:
        """Whom, and from what; raises `InvalidUnsubscribeToken`."""
        message, _, mac = token.rpartition(".")
        user_id, _, kind = message.partition(".")
        if kind not in KINDS or not self._vault.verify(PURPOSE, message, mac):
            raise InvalidUnsubscribeToken
        return UUID(user_id), cast("MailKind", kind)
