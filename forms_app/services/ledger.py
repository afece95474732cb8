"""A delivery's rows as the facts by which the domain decides, and what they come to in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db.deliveries import Posting
from forms_app.db.reads import raiser_of
from forms_app.db.releases import is_kept_back, releases_of
from forms_app.db.tables import Acknowledgement, Delivery, DeliveryEvent, Document, Person, Release
from forms_app.domain.deliveries import (
    Accepted,
    Acknowledged,
    Answer,
    Answered,
    BeingTried,
    Bounced,
    Delayed,
    Downloaded,
    EventKind,
    Facts,
    Failed,
    Happened,
    KeptBack,
    Opened,
    Owed,
    Paper,
    Reason,
    Seen,
    State,
    Told,
    Tried,
    Waits,
    Why,
    Withdrawn,
    needs_a_person,
    ruled_out_by,
    state_of,
)
from forms_app.domain.policy import OFFICE
from forms_app.domain.working_days import spell_time
from forms_app.services.attempts import tried
from forms_app.services.directory import own_person
from forms_app.services.mail_domains import look_up_rules, rule_for
from forms_app.services.work import Work

SOMEBODY = "somebody who takes part"
"""What the Board's office is told of a party: no name."""


class Reader(StrEnum):
    """Who reads a ledger."""

    PARTY = "party"
    """Takes part: reads everything."""
    RECIPIENT = "recipient"
    """Was sent the document and does not take part: reads no reasons."""
    OFFICE = "office"
    """The Board's office: reads no name of anybody who takes part, and no reasons."""
    LIST = "list"
    """Whoever holds a list that left the service: reads no name at all, and no reasons."""


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody who may do something about deliveries: the Board's business unit, where both agencies are None."""

    agency: UUID | None = None
    raising: UUID | None = None

    def may_withdraw(self, document: Document) -> bool:
        """The unit may; of the parties those of the agency that recorded it, or of the raiser's where the service did."""
        return self.agency is None or self.agency == (document.record.agency_id or self.raising)


def acting_party(work: Work, by: UUID, escalation_id: UUID) -> Acting:
    return Acting(own_person(work, by).agency_id, raiser_of(work.session, escalation_id).agency_id)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: str
    what: str
    reasons: str = ""


# --- facts ---


class Ledger:
    """What is known of some deliveries, read together."""

    def __init__(self, work: Work, deliveries: Sequence[Delivery], releases: Mapping[UUID, Release]) -> None:
        self._work, self._releases = work, releases
        look_up_rules(work, [delivery.person for delivery in deliveries])
        documents = {delivery.document_id for delivery in deliveries}
        self._postings = rows.postings_of(work.session, [delivery.id for delivery in deliveries], documents)
        together = [delivery.notification_id for delivery in deliveries if delivery.notification_id is not None]
        self._together = rows.still_together(work.session, together)

    def facts(self, delivery: Delivery, document: Document) -> Facts:
        posting, making = (self._postings.get(each, Posting(None, False)) for each in (delivery.id, document.id))
        return Facts(
            owed_at=delivery.owed_at,
            paper=paper_of(document, self._releases.get(document.id)),
            tried=tried(delivery.attempts),
            happened=tuple(_happened(event) for event in delivery.events),
            answered=tuple(Answered(each.at, Answer(each.answer)) for each in delivery.acknowledgements),
            rule=rule_for(self._work, delivery.person),
            next_try=posting.next_try,
            is_parked=posting.is_parked or (document.issued_at is None and making.is_parked),
            is_together=delivery.notification_id in self._together,
            withdrawn_at=delivery.withdrawn_at,
        )


def failing(work: Work, document_id: UUID) -> list[Delivery]:
    """The deliveries of a document of which no message reaches the recipient, and that nothing has made good."""
    found = rows.deliveries_to_act_on(work.session, document_id)
    known = Ledger(work, found, releases_of(work.session, [document_id]))
    return [each for each in found if needs_a_person(state_of(known.facts(each, each.document)))]


def paper_of(document: Document, release: Release | None) -> Paper:
    """`release` is that of a document that two people must look at first."""
    if document.issued_at is not None:
        return Paper.MADE
    if release is not None and is_kept_back(release):
        return Paper.KEPT_BACK
    return Paper.HELD if release is not None and release.decided_at is None else Paper.UNMADE


def _happened(event: DeliveryEvent) -> Happened:
    return Happened(event.at, EventKind(event.kind), event.code, event.happened_at)


# --- in words ---

AGAIN = ", sent again after an interruption"
REFUSAL = (EventKind.GIVEN_UP, Why.REFUSED)
"""Says again what the attempt said."""
WAITS_FOR = {"second_person": "Waits for a second person", "others": "Goes in one email with other documents"}
WHY = {
    Why.REFUSED: "Refused by the mail server",
    Why.NO_ANSWER: "Given up: for two days no mail server took it",
    Why.UNFIT: "Could not be sent as it is",
    Why.NEVER: "Not sent: no email goes to their address",
    Why.UNCONFIRMED: "Not sent: nobody has confirmed yet whose address it is",
    Why.LEFT: "Not sent: they have left",
    Why.GIVEN_UP: "Could not be sent",
}
ANSWERS = {
    Answer.AGREES: "Agrees",
    Answer.AGREES_ACTIONS: "Agrees the actions, not the outcome",
    Answer.DISAGREES: "Does not agree",
}
REASONS = {
    Reason.WRONG_PERSON: "it was sent to the wrong person",
    Reason.WRONG_DOCUMENT: "it is the wrong document",
    Reason.SAYS_TOO_MUCH: "it says what it must not",
    Reason.NAMED_BY_MISTAKE: "they were named by mistake",
    Reason.OTHER: "another reason",
}


def in_words(state: State) -> str:
    """The state as people read it. Says only what is known."""
    match state:
        case Owed() | Waits() | KeptBack() | BeingTried():
            return _before(state)
        case Accepted() | Delayed() | Bounced() | Failed():
            return _by_mail(state)
        case Opened() | Downloaded() | Seen() | Acknowledged() | Told() | Withdrawn():
            return _by_people(state)


def _before(state: Owed | Waits | KeptBack | BeingTried) -> str:
    match state:
        case Owed():
            return "Not sent yet"
        case Waits(what_for=what_for):
            return WAITS_FOR[what_for]
        case KeptBack():
            return "Nobody is sent it"
        case BeingTried(next_try=None):
            return "Being sent"
        case BeingTried(next_try=moment):
            assert moment is not None
            return f"No mail server has taken it yet. It is tried again on {spell_time(moment)}"


def _by_mail(state: Accepted | Delayed | Bounced | Failed) -> str:
    match state:
        case Accepted(at=at, follows_interruption=again):
            return f"Accepted by the mail server on {spell_time(at)}{AGAIN if again else ''}"
        case Delayed(at=at):
            return f"Delayed on the way: on {spell_time(at)} a mail server still tried"
        case Bounced(at=at):
            return f"Came back on {spell_time(at)}: it did not reach them"
        case Failed(why=why, at=failed_at):
            return WHY[why] if failed_at is None else f"{WHY[why]} ({spell_time(failed_at)})"


def _by_people(state: Opened | Downloaded | Seen | Acknowledged | Told | Withdrawn) -> str:
    match state:
        case Opened(at=at):
            return f"Opened on {spell_time(at)}"
        case Downloaded(at=at):
            return f"Downloaded on {spell_time(at)}"
        case Seen(at=at):
            return f"Read: they said so on {spell_time(at)}"
        case Acknowledged(at=at, answer=answer):
            return f"{ANSWERS[answer]}: answered on {spell_time(at)}"
        case Told(at=at):
            return f"Told by telephone on {spell_time(at)}"
        case Withdrawn(at=at):
            return f"Withdrawn on {spell_time(at)}"


def how_sent(delivery: Delivery, facts: Facts) -> str:
    if ruled_out_by(facts.rule) is not None and not any(each.result == "accepted" for each in facts.tried):
        return "Not by email"
    return "Attached" if delivery.attached else "By link"


def history_of(delivery: Delivery, reader: Reader) -> tuple[HistoryLine, ...]:
    """Everything that happened, in the order of time, as far as this reader may know who did it and why."""
    found: list[tuple[datetime, HistoryLine]] = [
        *((line.at, HistoryLine(spell_time(line.at), _attempt(line))) for line in tried(delivery.attempts)),
        *(
            (event.at, HistoryLine(spell_time(event.at), _event(event, reader)))
            for event in delivery.events
            if (event.kind, event.code) != REFUSAL
        ),
        *((each.at, _answer(each, reader)) for each in delivery.acknowledgements),
    ]
    return tuple(line for _, line in sorted(found, key=lambda each: each[0]))


def who_did(person: Person | None, reader: Reader) -> str:
    if person is None:
        return "the service"
    if reader is Reader.OFFICE and person.agency.kind != OFFICE:
        return SOMEBODY
    if reader is Reader.LIST:
        return f"{person.job_title}, {person.agency.name}"
    return f"{person.name}, {person.job_title}, {person.agency.name}"


def reason_in_words(code: str) -> str:
    return REASONS[Reason(code)] if code in set(Reason) else REASONS[Reason.OTHER]


def _attempt(line: Tried) -> str:
    code = f" (code {line.smtp_code})" if line.smtp_code is not None else ""
    match line.result:
        case "accepted":
            return f"Accepted by the mail server{AGAIN if line.follows_interruption else ''}{code}"
        case "refused":
            return f"Refused by the mail server{code}"
        case "not_reached":
            return f"The mail server did not take it{code}"
        case "interrupted":
            return "Interrupted while it was being sent"
        case "started":
            return "Being sent"


def _event(event: DeliveryEvent, reader: Reader) -> str:
    code = f" (code {event.code})" if event.code else ""
    match EventKind(event.kind):
        case EventKind.BOUNCED:
            return f"Came back: it did not reach them{code}"
        case EventKind.DELAYED:
            return f"A mail server on the way still tries{code}"
        case EventKind.GIVEN_UP:
            return WHY[Why(event.code) if event.code in set(Why) else Why.GIVEN_UP]
        case EventKind.OPENED:
            return "They opened the page of the document"
        case EventKind.DOWNLOADED:
            return f"They downloaded it{f' ({event.code})' if event.code else ''}"
        case EventKind.SEEN:
            return "They said that they have read it"
        case EventKind.SENT_AGAIN:
            return f"Sent again by {who_did(event.person, reader)}"
        case EventKind.TOLD:
            at = "" if event.happened_at is None else f" on {spell_time(event.happened_at)}"
            return f"Told by telephone{at} by {who_did(event.person, reader)}"
        case EventKind.WITHDRAWN:
            return f"Withdrawn by {who_did(event.person, reader)}: {reason_in_words(event.code)}"


def _answer(answer: Acknowledgement, reader: Reader) -> HistoryLine:
    reasons = answer.reasons if reader is Reader.PARTY else ""
    return HistoryLine(spell_time(answer.at), ANSWERS[Answer(answer.answer)], reasons)
