"""Mail: a ledger of what is to be sent, letters written at the moment of sending, and two ways out."""

from kernel.mail.delivery import MailDelivery
from kernel.mail.ledger import Mail, MailQueued, MailState, post, post_many
from kernel.mail.letters import Compose, Letter, Link, Unsubscribe
from kernel.mail.queries import MailEntry, MailFilters, NotFailed, find_mails, send_again
from kernel.mail.transports import MailRefused, Transport, folder_of, open_transport, takes_mail

__all__ = [
    "Compose",
    "Letter",
    "Link",
    "Mail",
    "MailDelivery",
    "MailEntry",
    "MailFilters",
    "MailQueued",
    "MailRefused",
    "MailState",
    "NotFailed",
    "Transport",
    "Unsubscribe",
    "find_mails",
    "folder_of",
    "open_transport",
    "post",
    "post_many",
    "send_again",
    "takes_mail",
]
