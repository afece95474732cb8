"""Tokens and webhooks, what an agency's system may read, and what a webhook was told: every read and change by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, contains_eager, joinedload, selectinload

from forms_app.db.database import insert_into
from forms_app.db.other_systems_tables import ApiToken, Filing, Webhook, WebhookAttempt, WebhookMessage
from forms_app.db.places import interest_in, is_there
from forms_app.db.tables import (
    Agency,
    Delivery,
    Document,
    Escalation,
    Party,
    Person,
    RegisterAgency,
    RegisterEntry,
    RegisterStay,
)
from forms_app.domain.policy import Side
from forms_app.domain.systems import Called, Event

SIDES = (Side.RAISING.value, Side.RESPONDING.value)


@dataclass(frozen=True, slots=True)
class After:
    """Where a list was left: the moment and the id of the last that was given."""

    at: datetime
    id: UUID


# --- tokens ------------------------------------------------------------------------------------------------------


def token_with(session: Session, token_hash: str) -> ApiToken | None:
    """The token, whatever became of it, with its agency."""
    wanted = select(ApiToken).where(ApiToken.token_hash == token_hash)
    return session.scalars(wanted.options(joinedload(ApiToken.agency))).one_or_none()


def tokens_of(session: Session, board_id: UUID, agency_id: UUID | None, *, all_agencies: bool) -> Sequence[ApiToken]:
    """A Board's tokens, the newest first: those of one agency, or with `all_agencies` every one."""
    wanted = select(ApiToken).where(ApiToken.board_id == board_id).options(*_WHOSE_TOKEN)
    if not all_agencies:
        wanted = wanted.where(ApiToken.agency_id == agency_id)
    return session.scalars(wanted.order_by(ApiToken.made_at.desc(), ApiToken.id)).all()


def token_to_change(session: Session, board_id: UUID, token_id: UUID) -> ApiToken | None:
    """One of a Board's tokens. On PostgreSQL nobody else changes it meanwhile."""
    wanted = select(ApiToken).where(ApiToken.id == token_id, ApiToken.board_id == board_id).options(*_WHOSE_TOKEN)
    return session.scalars(wanted.with_for_update(of=ApiToken)).one_or_none()


def tokens_ending(session: Session, board_id: UUID, since: datetime, until: datetime) -> Sequence[ApiToken]:
    """A Board's tokens that are in use and end between two moments."""
    wanted = select(ApiToken).where(
        ApiToken.board_id == board_id,
        ApiToken.confirmed_at.is_not(None),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > since,
        ApiToken.expires_at <= until,
    )
    return session.scalars(wanted.order_by(ApiToken.expires_at, ApiToken.id)).all()


def note_used(session: Session, token_id: UUID, now: datetime, before: datetime) -> None:
    """Writes down that it was used, unless that was written since a moment."""
    used = update(ApiToken).where(ApiToken.id == token_id)
    session.execute(used.where(or_(ApiToken.used_at.is_(None), ApiToken.used_at < before)).values(used_at=now))


def somebody_administers(session: Session, agency_id: UUID) -> bool:
    """Whether anybody is there who administers this agency, and could take its tokens away."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    Person.agency_id == agency_id, Person.administers_agency.is_(True), Person.left_at.is_(None)
                )
            )
        )
    )


def administrators_of(session: Session, board_id: UUID, agency_id: UUID | None) -> Sequence[Person]:
    """Whoever administers this agency; with none, nobody."""
    wanted = select(Person).where(
        Person.board_id == board_id,
        Person.agency_id == agency_id,
        Person.administers_agency.is_(True),
        Person.left_at.is_(None),
    )
    return session.scalars(wanted.order_by(Person.id)).all()


def is_closed(session: Session, agency_id: UUID) -> bool:
    return session.scalar(select(Agency.closed_at).where(Agency.id == agency_id)) is not None


# --- what an agency's system reads -------------------------------------------------------------------------------


def _takes_part_for(session: Session, agency_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Whether a party takes part at this moment for this agency on one of the two sides, and not for the Board."""
    return (Party.agency_id == agency_id, Party.side.in_(SIDES), is_there(session))


def is_in(session: Session, agency_id: UUID, escalation_id: UUID) -> bool:
    """Whether somebody takes part for this agency in this escalation."""
    found = exists().where(Party.escalation_id == escalation_id, *_takes_part_for(session, agency_id))
    return bool(session.scalar(select(found)))


def _changed_at() -> ColumnElement[datetime]:
    """When it ended, or else entered its stage. No record moves it that somebody may not see."""
    entered = (
        select(func.max(RegisterStay.entered_at))
        .where(RegisterStay.escalation_id == RegisterEntry.escalation_id)
        .correlate(RegisterEntry)
        .scalar_subquery()
    )
    return func.coalesce(RegisterEntry.ended_at, entered, RegisterEntry.opened_at)


@dataclass(frozen=True, slots=True)
class EscalationRow:
    entry: RegisterEntry
    changed_at: datetime


def escalations_of_agency(
    session: Session, board_id: UUID, agency_id: UUID, *, after: After | None, until: datetime, most: int
) -> Sequence[EscalationRow]:
    """The escalations in which somebody takes part for this agency, by when they changed last."""
    wanted = _entries(board_id).where(_is_of_agency(session, agency_id))
    return _page_of_entries(session, wanted, after, until, most)


def escalation_of_agency(
    session: Session, board_id: UUID, agency_id: UUID, reference: str
) -> tuple[EscalationRow, Sequence[RegisterStay]] | None:
    """One of them, with its stays at stages."""
    wanted = _entries(board_id).where(RegisterEntry.reference == reference, _is_of_agency(session, agency_id))
    found = session.execute(wanted).one_or_none()
    if found is None:
        return None
    stays = select(RegisterStay).where(RegisterStay.escalation_id == found[0].escalation_id)
    return EscalationRow(*found), session.scalars(stays.order_by(RegisterStay.number)).all()


def register_lines(
    session: Session, board_id: UUID, *, without: UUID, after: After | None, until: datetime, most: int
) -> Sequence[EscalationRow]:
    """The escalations of which the Board was told, without those in which one person declared an interest."""
    told = _entries(board_id).where(
        RegisterEntry.told_at.is_not(None), ~interest_in(RegisterEntry.escalation_id, without)
    )
    return _page_of_entries(session, told, after, until, most)


def agencies_in(session: Session, escalations: Sequence[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """The agencies whose decision each of these escalations questions."""
    wanted = select(RegisterAgency.escalation_id, RegisterAgency.agency_id)
    rows = session.execute(
        wanted.where(RegisterAgency.escalation_id.in_(escalations)).order_by(RegisterAgency.agency_id)
    ).all()
    return {each: [agency for of, agency in rows if of == each] for each in escalations}


def is_told(session: Session, escalation_id: UUID) -> bool:
    """Whether the Board was told of this escalation, as it was counted last."""
    told = select(RegisterEntry.told_at).where(RegisterEntry.escalation_id == escalation_id)
    return session.scalar(told) is not None


def _entries(board_id: UUID) -> Select[RegisterEntry, datetime]:
    return select(RegisterEntry, _changed_at()).where(
        RegisterEntry.board_id == board_id, RegisterEntry.destroyed_at.is_(None)
    )


def _is_of_agency(session: Session, agency_id: UUID) -> ColumnElement[bool]:
    there = exists().where(Party.escalation_id == RegisterEntry.escalation_id, *_takes_part_for(session, agency_id))
    return there.correlate(RegisterEntry)


def _page_of_entries(
    session: Session, wanted: Select[RegisterEntry, datetime], after: After | None, until: datetime, most: int
) -> Sequence[EscalationRow]:
    at = _changed_at()
    wanted = wanted.where(*_comes_after(at, RegisterEntry.escalation_id, after), at <= until)
    rows = session.execute(wanted.order_by(at, RegisterEntry.escalation_id).limit(most))
    return [EscalationRow(*row) for row in rows]


def _comes_after(
    at: ColumnElement[datetime], key: InstrumentedAttribute[UUID], after: After | None
) -> tuple[ColumnElement[bool], ...]:
    return () if after is None else (or_(at > after.at, and_(at == after.at, key > after.id)),)


# --- documents ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentRow:
    document: Document
    available_at: datetime


def documents_of_agency(
    session: Session, board_id: UUID, agency_id: UUID, *, after: After | None, until: datetime, most: int
) -> Sequence[DocumentRow]:
    """The issued documents that this agency has, by since when it has them."""
    at = _available_at(session, agency_id)
    wanted = _documents(session, board_id, agency_id).where(*_comes_after(at, Document.id, after), at <= until)
    return [DocumentRow(*row) for row in session.execute(wanted.order_by(at, Document.id).limit(most))]


def document_of_agency(session: Session, board_id: UUID, agency_id: UUID, document_id: UUID) -> DocumentRow | None:
    """One of them."""
    wanted = _documents(session, board_id, agency_id).where(Document.id == document_id)
    found = session.execute(wanted).one_or_none()
    return None if found is None else DocumentRow(*found)


def _documents(session: Session, board_id: UUID, agency_id: UUID) -> Select[Document, datetime]:
    """What was issued and is this agency's: its own copy, or delivered to a place that somebody holds for it, and not withdrawn
    from anybody who takes part for it.
    """
    there = _takes_part_for(session, agency_id)
    own_copy = exists().where(Document.agency_id == agency_id, Party.escalation_id == Document.escalation_id, *there)
    delivered = _delivered(session, agency_id).where(Delivery.withdrawn_at.is_(None)).exists()
    withdrawn = exists().where(
        Delivery.document_id == Document.id,
        Delivery.withdrawn_at.is_not(None),
        Party.escalation_id == Document.escalation_id,
        Party.person_id == Delivery.person_id,
        *there,
    )
    return (
        select(Document, _available_at(session, agency_id))
        .join(Document.escalation)
        .where(
            Escalation.board_id == board_id,
            Document.issued_at.is_not(None),
            or_(own_copy.correlate(Document), and_(delivered, ~withdrawn.correlate(Document))),
        )
        .options(contains_eager(Document.escalation), selectinload(Document.files))
    )


def _delivered(session: Session, agency_id: UUID) -> Select[UUID]:
    """The deliveries of a document to places that somebody holds for this agency."""
    return (
        select(Delivery.id)
        .join(Party, Party.place_id == Delivery.place_id)
        .where(Delivery.document_id == Document.id, *_takes_part_for(session, agency_id))
        .correlate(Document)
    )


def _available_at(session: Session, agency_id: UUID) -> ColumnElement[datetime]:
    """When it was issued, or else when it was first owed to somebody of this agency, who joined later."""
    first = (
        _delivered(session, agency_id)
        .with_only_columns(func.min(Delivery.owed_at))
        .where(Delivery.withdrawn_at.is_(None))
        .scalar_subquery()
    )
    return case((first > Document.issued_at, first), else_=Document.issued_at)


def kind_of_document(session: Session, document_id: UUID) -> str:
    return session.scalars(select(Document.kind).where(Document.id == document_id)).one()


# --- filings -----------------------------------------------------------------------------------------------------


def filings_of(session: Session, documents: Sequence[UUID], agency_id: UUID | None = None) -> Sequence[Filing]:
    """What systems said that they filed of these documents, the oldest first, with the agencies."""
    wanted = select(Filing).where(Filing.document_id.in_(documents)).options(joinedload(Filing.agency))
    if agency_id is not None:
        wanted = wanted.where(Filing.agency_id == agency_id)
    return session.scalars(wanted.order_by(Filing.noted_at, Filing.id)).all()


def filing_with_key(session: Session, agency_id: UUID, key_hash: str) -> Filing | None:
    wanted = select(Filing).where(Filing.agency_id == agency_id, Filing.key_hash == key_hash)
    return session.scalars(wanted).one_or_none()


def add_filing(session: Session, filing: Filing) -> bool:
    """False, and no change, when the agency asked for one under the same key before."""
    columns = ("id", "board_id", "agency_id", "document_id", "token_id", "key_hash", "filed_at", "noted_at")
    added = session.execute(
        insert_into(session, Filing)
        .values({column: getattr(filing, column) for column in columns})
        .on_conflict_do_nothing(index_elements=[Filing.agency_id, Filing.key_hash])
        .returning(Filing.id)
    )
    return added.first() is not None


# --- webhooks ----------------------------------------------------------------------------------------------------


def webhooks_of(session: Session, board_id: UUID, agency_id: UUID | None, *, all_agencies: bool) -> Sequence[Webhook]:
    """A Board's webhooks that were not removed, the newest first: those of one agency, or with `all_agencies` every one."""
    wanted = select(Webhook).where(Webhook.board_id == board_id, Webhook.removed_at.is_(None)).options(*_WHOSE_WEBHOOK)
    if not all_agencies:
        wanted = wanted.where(Webhook.agency_id == agency_id)
    return session.scalars(wanted.order_by(Webhook.made_at.desc(), Webhook.id)).all()


def webhook_to_change(session: Session, board_id: UUID, webhook_id: UUID) -> Webhook | None:
    """One of them. On PostgreSQL nobody else changes it meanwhile."""
    wanted = select(Webhook).where(Webhook.id == webhook_id, Webhook.board_id == board_id, Webhook.removed_at.is_(None))
    return session.scalars(wanted.options(*_WHOSE_WEBHOOK).with_for_update(of=Webhook)).one_or_none()


def webhooks_to_tell(session: Session, board_id: UUID) -> Sequence[Webhook]:
    """The webhooks of a Board to which something may be sent."""
    wanted = select(Webhook).where(
        Webhook.board_id == board_id,
        Webhook.confirmed_at.is_not(None),
        Webhook.paused_at.is_(None),
        Webhook.removed_at.is_(None),
    )
    return session.scalars(wanted.order_by(Webhook.id)).all()


def add_message(
    session: Session,
    webhook: Webhook,
    event: Event,
    *,
    about: UUID,
    now: datetime,
    escalation: UUID | None = None,
    document: UUID | None = None,
    route: str | None = None,
    stage: str | None = None,
) -> UUID | None:
    """Puts down what a webhook is to be told about something, once; None where it is there already."""
    return session.scalar(
        insert_into(session, WebhookMessage)
        .values(
            id=uuid4(),
            webhook_id=webhook.id,
            board_id=webhook.board_id,
            event=event.value,
            escalation_id=escalation,
            document_id=document,
            route=route,
            stage=stage,
            dedupe_key=f"{webhook.id}:{event}:{about}",
            owed_at=now,
        )
        .on_conflict_do_nothing(index_elements=[WebhookMessage.dedupe_key])
        .returning(WebhookMessage.id)
    )


def message_to_send(session: Session, message_id: UUID, *, lock: bool = False) -> WebhookMessage:
    """With its webhook and the tries so far."""
    wanted = (
        select(WebhookMessage)
        .where(WebhookMessage.id == message_id)
        .options(joinedload(WebhookMessage.webhook), selectinload(WebhookMessage.attempts))
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=WebhookMessage) if lock else wanted).one()


def messages_of(session: Session, webhook_id: UUID, most: int) -> Sequence[WebhookMessage]:
    """The newest that a webhook was told or is to be told, with every try."""
    return session.scalars(
        select(WebhookMessage)
        .where(WebhookMessage.webhook_id == webhook_id)
        .options(selectinload(WebhookMessage.attempts))
        .order_by(WebhookMessage.owed_at.desc(), WebhookMessage.id)
        .limit(most)
    ).all()


def message_of(session: Session, webhook_id: UUID, message_id: UUID) -> WebhookMessage | None:
    """One of them. On PostgreSQL nobody else changes it meanwhile."""
    wanted = select(WebhookMessage).where(WebhookMessage.id == message_id, WebhookMessage.webhook_id == webhook_id)
    attempts = selectinload(WebhookMessage.attempts)
    return session.scalars(wanted.options(attempts).with_for_update(of=WebhookMessage)).one_or_none()


def last_attempt_at(session: Session, webhook_id: UUID) -> WebhookAttempt | None:
    """The last try at any message of a webhook."""
    wanted = select(WebhookAttempt).join(WebhookMessage, WebhookMessage.id == WebhookAttempt.message_id)
    wanted = wanted.where(WebhookMessage.webhook_id == webhook_id)
    return session.scalars(wanted.order_by(WebhookAttempt.at.desc(), WebhookAttempt.id).limit(1)).one_or_none()


def add_attempt(session: Session, message: WebhookMessage, *, at: datetime, result: Called, status: int | None) -> None:
    last = select(func.coalesce(func.max(WebhookAttempt.number), 0)).where(WebhookAttempt.message_id == message.id)
    number = (session.scalar(last) or 0) + 1
    session.add(
        WebhookAttempt(
            message_id=message.id,
            board_id=message.board_id,
            number=number,
            at=at,
            result=result.value,
            status=status,
        )
    )


def forget_messages(session: Session, board_id: UUID, before: datetime) -> None:
    """What webhooks were told before a moment. The trail says that they were."""
    old = select(WebhookMessage.id).where(
        WebhookMessage.board_id == board_id, WebhookMessage.ended_at.is_not(None), WebhookMessage.ended_at < before
    )
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.message_id.in_(old)))
    session.execute(delete(WebhookMessage).where(WebhookMessage.id.in_(old)))


_WHOSE_TOKEN = (joinedload(ApiToken.agency), joinedload(ApiToken.made_by))
_WHOSE_WEBHOOK = (joinedload(Webhook.agency), joinedload(Webhook.made_by))
