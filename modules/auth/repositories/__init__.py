"""Queries of the auth module."""

from modules.auth.repositories.credentials import CredentialRepository
from modules.auth.repositories.devices import DeviceRepository
from modules.auth.repositories.mail_tokens import MailTokenRepository
from modules.auth.repositories.personal_data import PersonalDataRepository
from modules.auth.repositories.personal_tokens import (
    LIVING_PERSONAL_TOKENS,
    LivingPersonalToken,
    PersonalTokenRepository,
)
from modules.auth.repositories.second_factors import RecoveryCodeRepository, TotpRepository
from modules.auth.repositories.security_events import SecurityEventRepository
from modules.auth.repositories.sessions import ALIVE, Rotated, SessionRepository, rotate, rotate_free
from modules.auth.repositories.signing_keys import SigningKeyRepository

__all__ = [
    "ALIVE",
    "LIVING_PERSONAL_TOKENS",
    "CredentialRepository",
    "DeviceRepository",
    "LivingPersonalToken",
    "MailTokenRepository",
    "PersonalDataRepository",
    "PersonalTokenRepository",
    "RecoveryCodeRepository",
    "Rotated",
    "SecurityEventRepository",
    "SessionRepository",
    "SigningKeyRepository",
    "TotpRepository",
    "rotate",
    "rotate_free",
]
