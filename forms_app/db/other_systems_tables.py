"""The tables of what other systems may do here, and of what they are told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forms_app.db.sealing import SealedText
from forms_app.db.tables import Agency, Base, Board, Person, _id


class ApiToken(Base):
    """With what another system says whose it is. It is an agency's, or a Board's, and nobody's own."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"))
    """None where it is the Board's own."""
    name: Mapped[str] = mapped_column(SealedText("api_tokens.name"))
    prefix: Mapped[str]
    """How it begins, so that people know which of theirs it is."""
    token_hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    """Each a `domain.systems.Scope`."""
    networks: Mapped[str] = mapped_column(SealedText("api_tokens.networks"))
    """From where it may be used, with spaces between; empty for anywhere."""
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    """It opens nothing before somebody else has looked at it."""
    used_at: Mapped[datetime | None]
    revoked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    revoked_at: Mapped[datetime | None]

    board: Mapped[Board] = relationship(lazy="raise")
    agency: Mapped[Agency | None] = relationship(lazy="raise")
    made_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[made_by_id])


class Webhook(Base):
    """An address that is told when something happened."""

    __tablename__ = "webhooks"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"))
    """None where it is the Board's own."""
    url: Mapped[str] = mapped_column(SealedText("webhooks.url"))
    events: Mapped[list[Any]]
    """Each a `domain.systems.Event`."""
    secret: Mapped[str] = mapped_column(SealedText("webhooks.secret"))
    """What messages are signed with: whoever reads it can sign."""
    old_secret: Mapped[str | None] = mapped_column(SealedText("webhooks.old_secret"))
    """The one before, with which messages are signed as well until `old_until`."""
    old_until: Mapped[datetime | None]
    made_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[datetime]
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    """Nothing is sent there before somebody else has looked at it."""
    paused_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    agency: Mapped[Agency | None] = relationship(lazy="raise")
    made_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[made_by_id])


class WebhookMessage(Base):
    """One thing that a webhook is told, as often as it takes. What it says is worked out from ids and codes."""

    __tablename__ = "webhook_messages"
    __table_args__ = (Index("ix_webhook_messages_webhook", "webhook_id", "owed_at"),)

    id: Mapped[UUID] = _id()
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id"))
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    event: Mapped[str]
    escalation_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalations.id"), index=True)
    document_id: Mapped[UUID | None] = mapped_column(ForeignKey("documents.id"), index=True)
    route: Mapped[str | None]
    stage: Mapped[str | None]
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    owed_at: Mapped[datetime]
    outcome: Mapped[str | None]
    """A `domain.systems.Outcome`; None while it is still to be sent."""
    ended_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship(lazy="raise")
    attempts: Mapped[list[WebhookAttempt]] = relationship(lazy="raise", order_by="WebhookAttempt.number")


class WebhookAttempt(Base):
    """One try to tell it, and what came back: a status, and never a word of the answer."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: Mapped[UUID] = _id()
    message_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_messages.id"))
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    result: Mapped[str]
    """A `domain.systems.Called`."""
    status: Mapped[int | None]


class Filing(Base):
    """An agency's system says that it filed a document. Only ever added to."""

    __tablename__ = "filings"
    __table_args__ = (UniqueConstraint("agency_id", "key_hash"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), index=True)
    token_id: Mapped[UUID] = mapped_column(ForeignKey("api_tokens.id"))
    key_hash: Mapped[str]
    """Of the key under which the system asked, so that what is asked twice is done once."""
    filed_at: Mapped[datetime]
    noted_at: Mapped[datetime]

    agency: Mapped[Agency] = relationship(lazy="raise")
