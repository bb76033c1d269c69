"""Tables of the auth module."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Entity, schema


class Base(Entity):
    """Everything in here lives in the PostgreSQL schema ``auth``."""

    __abstract__ = True
    metadata = schema("auth")


class CredentialRow(Base):
    """How a person proves who they are."""

    __tablename__ = "credentials"

    user_id: Mapped[UUID] = mapped_column(unique=True)
    password_hash: Mapped[str] = mapped_column(String(60))


class SessionRow(Base):
    """One sign-in. ``generation`` counts its refreshes: only the newest refresh token is good."""

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_auth_sessions_alive", "user_id", postgresql_where=text("revoked_at IS NULL")),)

    user_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(default=1)
    auth_time: Mapped[datetime]
    rotated_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    absolute_expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(30))
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))


class DeviceRow(Base):
    """A browser in a network, from which somebody has signed in. ``fingerprint`` is a hash of both."""

    __tablename__ = "devices"
    __table_args__ = (UniqueConstraint("user_id", "fingerprint"),)

    user_id: Mapped[UUID]
    fingerprint: Mapped[str] = mapped_column(String(64))
    seen_at: Mapped[datetime]


class SecurityEventRow(Base):
    """Something that concerns the safety of an account. Tries on accounts that there are not belong to nobody."""

    __tablename__ = "security_events"
    __table_args__ = (
        Index("ix_auth_security_events_log", "user_id", "id"),
        Index("ix_auth_security_events_age", "created_at"),
    )

    user_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(30))
    session_id: Mapped[UUID | None]
    ip: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(300))


class MailTokenRow(Base):
    """A link in a mail, with the id of the mail. The token itself is derived from the id and stored nowhere."""

    __tablename__ = "mail_tokens"
    __table_args__ = (
        Index("ix_auth_mail_tokens_open", "user_id", "purpose", postgresql_where=text("used_at IS NULL")),
    )

    user_id: Mapped[UUID]
    purpose: Mapped[str] = mapped_column(String(30))
    email: Mapped[str] = mapped_column(String(254))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TotpRow(Base):
    """An authenticator app. Its secret is encrypted by ``QUIRE_SECRET_KEY``; codes up to ``last_step`` are used up."""

    __tablename__ = "totp"

    user_id: Mapped[UUID] = mapped_column(unique=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCodeRow(Base):
    """A way in for who has lost their app, as a hash. It is good once: then the row is gone."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "code_hash"),)

    user_id: Mapped[UUID]
    code_hash: Mapped[str] = mapped_column(String(64))


class PersonalTokenRow(Base):
    """What a program shows to act for somebody, as a hash. Who revokes it deletes the row."""

    __tablename__ = "personal_tokens"
    __table_args__ = (Index("ix_auth_personal_tokens_list", "user_id", "id"),)

    user_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(String(100))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(100)))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class SigningKeyRow(Base):
    """An Ed25519 key; its id is the ``kid``. The private half is encrypted by ``QUIRE_SECRET_KEY``.

    ``signs_since`` is null for the next one, which is published before it signs; the youngest signs.
    """

    __tablename__ = "signing_keys"

    private_key: Mapped[bytes] = mapped_column(LargeBinary)
    signs_since: Mapped[datetime | None]
