"""Webhooks: an address of another system is told that something happened, signed as Standard Webhooks says, until it takes it.

What it is told is owed in the transaction of what happened, and names an escalation by its reference and nothing else.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from standardwebhooks import Webhook as Signer

from forms_app.db import other_systems as rows
from forms_app.db import outbox
from forms_app.db.ledger import reference_of
from forms_app.db.other_systems_tables import Webhook, WebhookMessage
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.reads import board_was_told
from forms_app.db.register import told_at
from forms_app.db.tables import Document, Escalation, StageRecord
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.interface import Told
from forms_app.domain.systems import CHOSEN_FOR_AGENCY, CHOSEN_FOR_BOARD, Called, Event, Outcome
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.administering import Administrator, administrator, officer
from forms_app.services.calling import Answer, Caller
from forms_app.services.history import standing_of
from forms_app.services.interface import Addresses
from forms_app.services.tokens import is_answered_for, may_confirm, refuse_own, tell
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
)
"""Between one try and the next: a receiver may be away for two days."""
REST = timedelta(minutes=1)
"""A receiver that did not take the last thing is asked nothing else for so long."""
SECRET_BYTES = 32
SECRET_BEGINS = "whsec_"  # noqa: S105  # how every secret begins
OLD_SECRET_LIVES = timedelta(days=1)
KEPT = timedelta(days=90)
"""So long the log says what a webhook was told."""
SHOWN = 100
MOST = 10
NO_SUCH = "There is no such webhook."
ALREADY = "This was decided meanwhile. Look at what the page says now."
TOO_MANY = f"There are {MOST} already. Remove one that is not used any more."
NOT_IN_USE = "Nothing is sent there now. Let it be confirmed, or let it go on, first."
GIVEN_UP = "It was not taken, however often it was tried."


@dataclass(frozen=True, slots=True)
class WebhookLine:
    """One webhook, for somebody who keeps it."""

    id: UUID
    url: str
    whose: str
    """The agency's name; empty for the Board's own."""
    events: tuple[Event, ...]
    made: str
    made_by: str
    state: str
    """in_use, waits, paused or stopped."""
    old_secret_until: str
    may_confirm: bool


@dataclass(frozen=True, slots=True)
class MessageLine:
    id: UUID
    event: Event
    reference: str
    """Empty where it is about none, or whoever looks for the Board sees nothing of it."""
    owed: str
    outcome: Outcome | None
    tries: tuple[tuple[str, Called, int | None], ...]
    """When, how it ended, and the status that came back."""


@dataclass(frozen=True, slots=True)
class Added:
    """A new webhook, or a new secret of one: the only time that the secret can be read."""

    id: UUID
    secret: str = field(repr=False)


# --- keeping them ------------------------------------------------------------------------------------------------


def events_for(work: Work, *, by: UUID) -> tuple[Event, ...]:
    """Of what this person can have an address told. Raises NotFound."""
    return CHOSEN_FOR_BOARD if administrator(work, by).keeps_board else CHOSEN_FOR_AGENCY


def webhooks_view(work: Work, *, by: UUID) -> tuple[WebhookLine, ...]:
    """The webhooks of this person's agency; for the business unit those of the whole Board. Raises NotFound."""
    own = administrator(work, by)
    found = rows.webhooks_of(work.session, own.board_id, own.agency_id, all_agencies=own.keeps_board)
    return tuple(_line(work, own, webhook) for webhook in found)


def webhook_line(work: Work, *, by: UUID, webhook_id: UUID) -> WebhookLine:
    """One of them. Raises NotFound."""
    found = next((line for line in webhooks_view(work, by=by) if line.id == webhook_id), None)
    if found is None:
        raise NotFound(NO_SUCH)
    return found


def log_of(work: Work, *, by: UUID, webhook_id: UUID) -> tuple[MessageLine, ...]:
    """What one of them was told, the newest first. Raises NotFound."""
    own = administrator(work, by)
    webhook_line(work, by=by, webhook_id=webhook_id)
    return tuple(_message_line(work, own, each) for each in rows.messages_of(work.session, webhook_id, SHOWN))


def message_line(work: Work, *, by: UUID, webhook_id: UUID, message_id: UUID) -> MessageLine:
    """One of them. Raises NotFound."""
    own = administrator(work, by)
    webhook_line(work, by=by, webhook_id=webhook_id)
    message = rows.message_of(work.session, webhook_id, message_id)
    if message is None:
        raise NotFound(NO_SUCH)
    return _message_line(work, own, message)


def add_webhook(work: Work, *, by: UUID, webhook_id: UUID, url: str, events: Collection[Event]) -> Added | None:
    """An address that is told once somebody else has confirmed it; None where the same form added it before.

    Raises NotFound, and NotAllowedNow for too many.
    """
    own = administrator(work, by)
    if rows.webhook_to_change(work.session, own.board_id, webhook_id) is not None:
        return None
    assert set(events) <= set(CHOSEN_FOR_BOARD if own.keeps_board else CHOSEN_FOR_AGENCY), "the form offers no others"
    if len(rows.webhooks_of(work.session, own.board_id, own.agency_id, all_agencies=False)) >= MOST:
        raise NotAllowedNow(TOO_MANY)
    webhook = Webhook(
        id=webhook_id,
        board_id=own.board_id,
        agency_id=own.agency_id,
        url=url,
        events=[each.value for each in Event if each in events],
        secret=_new_secret(),
        made_by_id=by,
        made_at=work.now,
    )
    work.session.add(webhook)
    work.note("webhook_added", person=by, board=own.board_id, about=webhook.id)
    key = str(webhook.id)
    tell(work, Kind.SYSTEM_ACCESS_ASKED, own.board_id, own.agency_id, key=key, about=webhook.id)
    return Added(webhook.id, webhook.secret)


def confirm_webhook(work: Work, *, by: UUID, webhook_id: UUID) -> None:
    """It is told from now on. Raises NotFound, and NotAllowedNow for whoever asked for it and for what was decided meanwhile."""
    own = officer(work, by)
    webhook = _kept(work, own, webhook_id)
    refuse_own(own, webhook.made_by_id)
    if webhook.confirmed_at is not None:
        raise NotAllowedNow(ALREADY)
    webhook.confirmed_by_id, webhook.confirmed_at = by, work.now
    work.note("webhook_confirmed", person=by, board=own.board_id, about=webhook.id)


def pause_webhook(work: Work, *, by: UUID, webhook_id: UUID) -> None:
    """It is told nothing until somebody lets it go on; what happens meanwhile it must ask for. Raises NotFound."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    if webhook.paused_at is None:
        webhook.paused_at = work.now
        work.note("webhook_paused", person=by, board=webhook.board_id, about=webhook.id)


def resume_webhook(work: Work, *, by: UUID, webhook_id: UUID) -> None:
    """Raises NotFound."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    if webhook.paused_at is not None:
        webhook.paused_at = None
        work.note("webhook_resumed", person=by, board=webhook.board_id, about=webhook.id)


def remove_webhook(work: Work, *, by: UUID, webhook_id: UUID) -> None:
    """Raises NotFound."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    webhook.removed_at = work.now
    work.note("webhook_removed", person=by, board=webhook.board_id, about=webhook.id)


def change_secret(work: Work, *, by: UUID, webhook_id: UUID) -> Added:
    """A new secret. For a day messages are signed with the one before as well. Raises NotFound."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    webhook.old_secret, webhook.old_until = webhook.secret, work.now + OLD_SECRET_LIVES
    webhook.secret = _new_secret()
    work.note("webhook_secret_made", person=by, board=webhook.board_id, about=webhook.id)
    return Added(webhook.id, webhook.secret)


def send_test(work: Work, *, by: UUID, webhook_id: UUID) -> None:
    """Raises NotFound, and NotAllowedNow where nothing is sent there."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    if not _is_in_use(work, webhook):
        raise NotAllowedNow(NOT_IN_USE)
    _owe(work, webhook, Event.TEST, about=uuid4())
    work.note("webhook_tested", person=by, board=webhook.board_id, about=webhook.id)


def send_again(work: Work, *, by: UUID, webhook_id: UUID, message_id: UUID) -> None:
    """The same once more, under the same id. Raises NotFound, and NotAllowedNow where nothing is sent there."""
    webhook = _kept(work, administrator(work, by), webhook_id)
    message = rows.message_of(work.session, webhook.id, message_id)
    if message is None:
        raise NotFound(NO_SUCH)
    if not _is_in_use(work, webhook):
        raise NotAllowedNow(NOT_IN_USE)
    message.outcome, message.ended_at = None, None
    outbox.owe_again(work.session, OutboxKind.TELL_WEBHOOK, [message.id], work.now)
    work.note("webhook_sent_again", person=by, board=webhook.board_id, about=webhook.id)


# --- what they are told ------------------------------------------------------------------------------------------


def tell_of_stage(work: Work, escalation: Escalation, record: StageRecord) -> None:
    """Owes it to whoever has to know that this record began a stay at a stage."""
    board = escalation.board.id
    webhooks = [each for each in rows.webhooks_to_tell(work.session, board) if Event.STAGE_ENTERED in each.events]
    if not webhooks:
        return
    visit = standing_of(work, escalation).visits[-1]
    if visit.entry.id != record.id:
        return
    for webhook in webhooks:
        agency = webhook.agency_id
        is_theirs = (
            bool(told_at(work.session, [escalation.id]))
            if agency is None
            else rows.is_in(work.session, agency, escalation.id)
        )
        if is_theirs:
            _owe(
                work,
                webhook,
                Event.STAGE_ENTERED,
                about=record.id,
                escalation=escalation.id,
                route=visit.route.id,
                stage=visit.stage.id,
            )


def tell_of_document(work: Work, board: UUID, document: Document) -> None:
    """Owes it to whoever has this document of a Board from now on."""
    webhooks = [each for each in rows.webhooks_to_tell(work.session, board) if Event.DOCUMENT_ISSUED in each.events]
    if not webhooks:
        return
    for webhook in webhooks:
        if _has(work, webhook, document.id):
            _owe(
                work,
                webhook,
                Event.DOCUMENT_ISSUED,
                about=document.id,
                escalation=document.escalation_id,
                document=document.id,
            )


def forget_what_was_told(work: Work, board_id: UUID) -> None:
    rows.forget_messages(work.session, board_id, work.now - KEPT)


def _owe(
    work: Work,
    webhook: Webhook,
    event: Event,
    *,
    about: UUID,
    escalation: UUID | None = None,
    document: UUID | None = None,
    route: str | None = None,
    stage: str | None = None,
) -> None:
    message_id = rows.add_message(
        work.session,
        webhook,
        event,
        about=about,
        now=work.now,
        escalation=escalation,
        document=document,
        route=route,
        stage=stage,
    )
    if message_id is not None:
        kind = OutboxKind.TELL_WEBHOOK
        outbox.owe(work.session, kind, message_id, f"{kind}:{message_id}", work.now)


# --- telling them ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Errand:
    """One message, ready to go."""

    url: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def tell_webhook(workshop: Workshop, claim: Claim, caller: Caller, service_url: str) -> None:
    """One try. The receiver may get it twice, when a worker stops between its answer and our note of it: its id is the same."""
    with workshop.writing() as work:
        errand = _begin(work, claim, service_url)
    if errand is None:
        return
    answer = caller.post(errand.url, errand.headers, errand.body)
    with workshop.writing() as work:
        _end(work, claim, answer)


def _begin(work: Work, claim: Claim, service_url: str) -> Errand | None:
    message = rows.message_to_send(work.session, claim.about_id, lock=True)
    webhook = message.webhook
    if message.outcome is not None or not _is_still_theirs(work, message):
        if message.outcome is None:
            message.outcome, message.ended_at = Outcome.LEFT.value, work.now
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        return None
    rests_until = _rests_until(work, message)
    if rests_until is not None:
        outbox.postpone(work.session, claim, rests_until)
        return None
    body = _body(work, message, Addresses(f"{service_url}/api/v1"))
    return Errand(webhook.url, _headers(work, message, body), body)


def _end(work: Work, claim: Claim, answer: Answer) -> None:
    message = rows.message_to_send(work.session, claim.about_id, lock=True)
    rows.add_attempt(work.session, message, at=work.now, result=answer.called, status=answer.status)
    is_last = outbox.is_last_try(claim, WAITS)
    if answer.is_accepted or answer.is_gone or is_last:
        ended = outbox.finish(work.session, claim.item_id, claim.worker, work.now)
    else:
        ended = False
        outbox.put_off(work.session, claim, GIVEN_UP, work.now, WAITS)
    if not ended:
        return
    message.outcome = (Outcome.ACCEPTED if answer.is_accepted else Outcome.GIVEN_UP).value
    message.ended_at = work.now
    work.note(
        "webhook_told",
        board=message.board_id,
        escalation=message.escalation_id,
        about=message.webhook_id,
        code=message.outcome,
    )
    webhook = message.webhook
    if answer.is_gone and webhook.paused_at is None:
        webhook.paused_at = work.now
        work.note("webhook_paused", board=webhook.board_id, about=webhook.id)
    if not answer.is_accepted:
        key = f"{webhook.id}:{uk_date(work.now).isoformat()}"
        tell(work, Kind.WEBHOOK_GIVEN_UP, webhook.board_id, webhook.agency_id, key=key, about=webhook.id, leads=False)


def _is_still_theirs(work: Work, message: WebhookMessage) -> bool:
    """Whether it may go there at this moment."""
    webhook = message.webhook
    if not _is_in_use(work, webhook):
        return False
    if message.document_id is not None:
        return _has(work, webhook, message.document_id)
    if message.escalation_id is None:
        return True
    if webhook.agency_id is None:
        return rows.is_told(work.session, message.escalation_id)
    return rows.is_in(work.session, webhook.agency_id, message.escalation_id)


def _has(work: Work, webhook: Webhook, document_id: UUID) -> bool:
    agency = webhook.agency_id
    found = agency and rows.document_of_agency(work.session, webhook.board_id, agency, document_id)
    return found is not None


def _is_in_use(work: Work, webhook: Webhook) -> bool:
    return _state(work, webhook) == "in_use"


def _rests_until(work: Work, message: WebhookMessage) -> datetime | None:
    """Until when a receiver is left alone that did not take something else just now."""
    last = rows.last_attempt_at(work.session, message.webhook_id)
    if last is None or last.message_id == message.id or Answer(Called(last.result), last.status).is_accepted:
        return None
    until = last.at + REST
    return until if until > work.now else None


def _body(work: Work, message: WebhookMessage, to: Addresses) -> bytes:
    reference = None if message.escalation_id is None else reference_of(work.session, message.escalation_id)
    kind, url = None, None
    if message.document_id is not None:
        kind, url = rows.kind_of_document(work.session, message.document_id), to.document(message.document_id)
    elif reference is not None and message.webhook.agency_id is not None:
        url = to.escalation(reference)
    told = Told(
        id=_message_id(message),
        type=message.event,
        timestamp=message.owed_at,
        reference=reference,
        document_id=message.document_id,
        kind=kind,
        route=message.route,
        stage=message.stage,
        url=url,
    )
    return told.model_dump_json().encode()


def _headers(work: Work, message: WebhookMessage, body: bytes) -> dict[str, str]:
    webhook = message.webhook
    signing = [webhook.secret]
    if webhook.old_secret is not None and webhook.old_until is not None and webhook.old_until > work.now:
        signing.append(webhook.old_secret)
    signatures = [Signer(each).sign(_message_id(message), work.now.astimezone(UTC), body.decode()) for each in signing]
    return {
        "Content-Type": "application/json",
        "User-Agent": "forms-app",
        "webhook-id": _message_id(message),
        "webhook-timestamp": str(int(work.now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _message_id(message: WebhookMessage) -> str:
    return f"msg_{message.id.hex}"


def _new_secret() -> str:
    return SECRET_BEGINS + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


# --- parts -------------------------------------------------------------------------------------------------------


def _kept(work: Work, own: Administrator, webhook_id: UUID) -> Webhook:
    """One that this person keeps, held until the end. Raises NotFound."""
    webhook = rows.webhook_to_change(work.session, own.board_id, webhook_id)
    if webhook is None or not (own.keeps_board or webhook.agency_id == own.agency_id):
        raise NotFound(NO_SUCH)
    return webhook


def _line(work: Work, own: Administrator, webhook: Webhook) -> WebhookLine:
    state = _state(work, webhook)
    is_old = webhook.old_until is not None and webhook.old_until > work.now
    return WebhookLine(
        id=webhook.id,
        url=webhook.url,
        whose=webhook.agency.name if webhook.agency is not None else "",
        events=tuple(map(Event, webhook.events)),
        made=spell_date(uk_date(webhook.made_at)),
        made_by=webhook.made_by.name,
        state=state,
        old_secret_until=spell_time(webhook.old_until) if is_old and webhook.old_until is not None else "",
        may_confirm=state == "waits" and may_confirm(own, webhook.made_by_id),
    )


def _state(work: Work, webhook: Webhook) -> str:
    if webhook.removed_at is not None:
        return "removed"
    if webhook.confirmed_at is None:
        return "waits"
    if webhook.paused_at is not None:
        return "paused"
    is_closed = webhook.agency_id is not None and rows.is_closed(work.session, webhook.agency_id)
    return "in_use" if is_answered_for(work, webhook.agency_id, is_closed=is_closed) else "stopped"


def _message_line(work: Work, own: Administrator, message: WebhookMessage) -> MessageLine:
    names = message.escalation_id is not None and _may_be_named(work, own, message.escalation_id)
    return MessageLine(
        id=message.id,
        event=Event(message.event),
        reference=reference_of(work.session, message.escalation_id) if names and message.escalation_id else "",
        owed=spell_time(message.owed_at),
        outcome=None if message.outcome is None else Outcome(message.outcome),
        tries=tuple((spell_time(each.at), Called(each.result), each.status) for each in message.attempts),
    )


def _may_be_named(work: Work, own: Administrator, escalation_id: UUID) -> bool:
    """The business unit also looks after the webhooks of agencies, which are told of what the Board was never told."""
    return not own.keeps_board or board_was_told(work.session, escalation_id, own.board_id, own.id)
