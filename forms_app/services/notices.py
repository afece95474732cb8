"""Posts one message that is no document: what it says is worked out now, and nothing is sent that is true no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, assert_never

from forms_app.db import ledger, notifications, outbox, sets, trail
from forms_app.db.layouts import layout_in_force
from forms_app.db.notifications import notification_to_send
from forms_app.db.outbox import Claim
from forms_app.db.places import is_for_another_now
from forms_app.db.policies import adoption_told_of
from forms_app.db.reads import takes_part
from forms_app.db.tables import Delivery, Notification
from forms_app.domain.access import May, Relation, may
from forms_app.domain.deliveries import Why
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import uk_date
from forms_app.mail.answers import Answer, Result
from forms_app.mail.compose import Kind, Message, UnfitMessage, compose
from forms_app.services import keeping
from forms_app.services.attempts import STARTED
from forms_app.services.attesting import due_day_of
from forms_app.services.digests import room_for_notification_from
from forms_app.services.failing import STORM, tell_somebody_else
from forms_app.services.ledger import failing
from forms_app.services.mail_domains import hold_rule, rule_for
from forms_app.services.posting import WAITS, WHY_NOT, Counter, office_of, why_ruled_out
from forms_app.services.releasing import waiting_for
from forms_app.services.reminding import Lines, lines_for
from forms_app.services.reports import is_readable_by, waits_for
from forms_app.services.scanning import Because
from forms_app.services.settling import Of, give_up, settle
from forms_app.services.tokens import end_of_token
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

SHOWS_ALL = (Kind.DELIVERY_FAILED, Kind.RELEASE_WAITS, Kind.LAYOUT_FAILED)
"""Messages with a link to a page that shows everything of its kind: a later one says what an earlier one would."""

MOST_REFERENCES = 20
"""How many an email lists; the others are counted."""
Values = Mapping[str, object]
OfPeople = Literal[
    Kind.PLACE_CHANGED,
    Kind.PLACE_GIVEN_UP,
    Kind.PLACE_EMPTY,
    Kind.SIMILAR_ESCALATIONS,
    Kind.ADDRESS_CHANGES,
    Kind.ATTESTATION_DUE,
    Kind.DESTRUCTION_NEAR,
    Kind.DRAFT_ENDS,
    Kind.SECOND_STEPS_CHANGED,
    Kind.SYSTEM_ACCESS_ASKED,
    Kind.SYSTEM_ACCESS_ENDS,
    Kind.WEBHOOK_GIVEN_UP,
    Kind.POLICY_CHANGES,
    Kind.POLICY_STAYS,
    Kind.MANY_DOWNLOADS,
]


def post_notification(workshop: Workshop, claim: Claim, counter: Counter) -> None:
    """One attempt at one notification. What goes together in it has each its own line on the ledger."""
    with workshop.reading() as work:
        # An office's reminder is worked out from every escalation of the Board: not while others wait to write.
        lines = _lines(work, notification_to_send(work.session, claim.about_id))
    with workshop.writing() as work:
        message = _begin(work, claim, counter, lines)
    if message is None:
        return
    answer = counter.postbox.post(message)
    with workshop.writing() as work:
        notification = notification_to_send(work.session, claim.about_id, lock=True)
        for delivery in _together(work, notification):
            _note(work, delivery, answer)
        if answer.result is Result.ACCEPTED:
            notification.accepted_at = work.now
        settle(work, claim, answer, WAITS, Of(notification.board_id, notification.escalation_id))


def _note(work: Work, delivery: Delivery, answer: Answer) -> None:
    # One that was withdrawn since the message was begun was in it.
    if answer.result is not Result.INTERRUPTED and ledger.is_begun(work.session, delivery.id):
        ledger.add_attempt(work.session, delivery.id, answer.result.value, work.now, answer.smtp_code)


def _lines(work: Work, notification: Notification) -> Lines:
    """What a reminder says; nothing for any other message."""
    if notification.kind != Kind.REMINDER:
        return Lines()
    return lines_for(work, notification.person, owed_at=notification.owed_at)


def _begin(work: Work, claim: Claim, counter: Counter, lines: Lines) -> Message | None:
    """What to hand over now; None where that is nothing, or not yet. Raises UnfitMessage."""
    notification = notification_to_send(work.session, claim.about_id, lock=True)
    person = notification.person
    if why_ruled_out(person, rule_for(work, person)) is not None:
        hold_rule(work, person)
    why_not = why_ruled_out(person, rule_for(work, person))
    # Of documents that wait for somebody who has left each delivery says so; anything else is for nobody any more.
    is_for_nobody = why_not is Why.LEFT and notification.kind != Kind.DOCUMENTS_WAITING
    words = None if is_for_nobody else _words(work, notification, lines, counter.letterhead.service_url)
    if words is None or (why_not is not None and notification.kind != Kind.DOCUMENTS_WAITING):
        _leave(work, claim, notification, is_true=words is not None)
        return None
    if why_not is not None:
        give_up(work, claim, WHY_NOT[why_not], why_not)
        return None
    moment = room_for_notification_from(work, notification, counter.budget)
    if moment is not None:
        outbox.postpone(work.session, claim, moment)
        return None
    message = compose(
        counter.letterhead,
        office_of(person.board),
        kind=Kind(notification.kind),
        about_id=notification.id,
        words=words,
        to=person.email,
        at=work.now,
        language=person.language,
    )
    for delivery in _to_send(work, notification):
        delivery.address, delivery.attached = person.email, False
        ledger.add_attempt(work.session, delivery.id, STARTED, work.now)
    return message


def _leave(work: Work, claim: Claim, notification: Notification, *, is_true: bool) -> None:
    """Nothing is sent. A failure of which this person cannot be told is somebody else's to know."""
    is_ended = outbox.finish(work.session, claim.item_id, claim.worker, work.now)
    if is_ended and notification.kind == Kind.DELIVERY_FAILED and (is_true or notification.person.left_at is not None):
        tell_somebody_else(work, notification)


def _together(work: Work, notification: Notification) -> Sequence[Delivery]:
    if notification.kind != Kind.DOCUMENTS_WAITING:
        return ()
    return ledger.deliveries_together(work.session, notification.id)


def _to_send(work: Work, notification: Notification) -> list[Delivery]:
    found = _together(work, notification)
    return [
        each
        for each in found
        if each.withdrawn_at is None
        and not is_for_another_now(work.session, each)
        and not ledger.was_accepted(work.session, each.id)
    ]


# --- words ---


def _words(work: Work, notification: Notification, lines: Lines, service: str) -> Values | None:
    """What the texts of its kind say of it now; None where it is true no more, or said already."""
    kind = Kind(notification.kind)
    if kind in SHOWS_ALL and _is_said(work, notification):
        return None
    match kind:
        case Kind.DOCUMENTS_WAITING:
            return _documents_waiting(work, notification, service)
        case Kind.DELIVERY_FAILED:
            return _delivery_failed(work, notification, service)
        case Kind.WITHDRAWN | Kind.WITHDRAWAL | Kind.DISAGREEMENT:
            return _happened(work, notification, kind, service)
        case Kind.REMINDER:
            return _reminder(lines, service)
        case Kind.RELEASE_WAITS | Kind.LAYOUT_FAILED | Kind.REPORT_WAITS | Kind.REPORT_RELEASED:
            return _of_documents(work, notification, kind, service)
        case Kind.TRAIL_HEAD:
            count, found = trail.head(work.session)
            return {"count": count, "hash": found, "on": uk_date(work.now)}
        case Kind.DOCUMENT | Kind.SIGN_IN:
            raise UnfitMessage(f"A message of the kind {kind} is no notification; nothing was sent.")
        case _:
            return _of_people(work, notification, kind, service)


def _of_documents(work: Work, notification: Notification, kind: Kind, service: str) -> Values | None:
    """Of what the Board's office has to do before one can leave, and of a report that it let go."""
    match kind:
        case Kind.RELEASE_WAITS:
            return _release_waits(work, notification, service)
        case Kind.LAYOUT_FAILED:
            return _layout_failed(work, notification, service)
        case _:
            return _report(work, notification, kind, service)


def _of_people(work: Work, notification: Notification, kind: OfPeople, service: str) -> Values | None:
    """Of who takes part, of who people are, and of what is kept of them."""
    match kind:
        case Kind.PLACE_CHANGED | Kind.PLACE_GIVEN_UP | Kind.PLACE_EMPTY:
            return _place(work, notification, kind, service)
        case Kind.SIMILAR_ESCALATIONS:
            return _similar_escalations(work, notification, service)
        case Kind.ADDRESS_CHANGES:
            return {}
        case Kind.ATTESTATION_DUE:
            return _attestation_due(work, notification, service)
        case Kind.DESTRUCTION_NEAR | Kind.DRAFT_ENDS:
            near = kind is Kind.DESTRUCTION_NEAR
            return (_destruction_near if near else _draft_ends)(work, notification, service)
        case Kind.POLICY_CHANGES | Kind.POLICY_STAYS:
            return _policy(work, notification, kind, service)
        case Kind.SECOND_STEPS_CHANGED:
            return {"link": f"{service}/second-steps"}
        case Kind.SYSTEM_ACCESS_ASKED | Kind.SYSTEM_ACCESS_ENDS | Kind.WEBHOOK_GIVEN_UP:
            return _other_systems(work, notification, kind, f"{service}/other-systems")
        case Kind.MANY_DOWNLOADS:
            return _many_downloads(work, notification, service)
        case _:
            assert_never(kind)


def _happened(work: Work, notification: Notification, kind: Kind, service: str) -> Values | None:
    """What stays true. Of an answer nobody is told who takes part no more."""
    if kind is Kind.DISAGREEMENT and not _takes_part(work, notification):
        return None
    escalation = f"{service}/escalations/{notification.escalation_id}#documents"
    links = {Kind.WITHDRAWAL: f"{service}/register/deliveries", Kind.DISAGREEMENT: escalation}
    found = {"reference": _reference(work, notification)}
    return found | ({"link": links[kind]} if kind in links else {})


def _place(work: Work, notification: Notification, kind: Kind, service: str) -> Values | None:
    """Who takes part is told of others, and who takes part no more of themselves."""
    is_party, reference = _takes_part(work, notification), _reference(work, notification)
    match kind:
        case Kind.PLACE_CHANGED:
            link = f"{service}/escalations/{notification.escalation_id}#parties"
            return {"reference": reference, "link": link} if is_party else None
        case Kind.PLACE_GIVEN_UP:
            return None if is_party else {"reference": reference}
        case _:
            is_unit = may(notification.person, May.HAND_OVER_PLACE, Relation.OWN_BOARD)
            return {"reference": reference, "link": f"{service}/register/places"} if is_unit else None


def _similar_escalations(work: Work, notification: Notification, service: str) -> Values | None:
    """To whoever raised one of them of that one; to the scrutineer of all."""
    if notification.escalation_id is not None:
        link = f"{service}/escalations/{notification.escalation_id}"
        found = {"reference": _reference(work, notification), "link": link}
        return found if _takes_part(work, notification) else None
    sees = may(notification.person, May.SEE_PATTERNS, Relation.OWN_BOARD)
    return {"reference": "", "link": f"{service}/patterns"} if sees else None


def _takes_part(work: Work, notification: Notification) -> bool:
    escalation = notification.escalation_id
    return escalation is not None and takes_part(work.session, escalation, notification.person_id)


def _is_said(work: Work, notification: Notification) -> bool:
    """An office's page shows the failures of every escalation: one that had to wait is said by a later one about another."""
    waited = work.now - notification.owed_at
    everywhere = waited >= STORM and may(notification.person, May.SEE_FAILING_DELIVERIES, Relation.OWN_BOARD)
    return notifications.says_it_already(work.session, notification, everywhere=everywhere)


def _documents_waiting(work: Work, notification: Notification, service: str) -> Values | None:
    deliveries = _to_send(work, notification)
    references = tuple(dict.fromkeys(delivery.document.escalation.reference for delivery in deliveries))
    link = f"{service}/documents"
    return {"count": len(deliveries), "references": references, "link": link} if deliveries else None


def _delivery_failed(work: Work, notification: Notification, service: str) -> Values | None:
    """Whoever takes part goes to the escalation; the office, which may not open it, to its own page."""
    if notification.about_id is None or not failing(work, notification.about_id):
        return None
    person, escalation = notification.person, notification.escalation_id
    is_party = _takes_part(work, notification)
    to_office = may(person, May.SEE_FAILING_DELIVERIES, Relation.OWN_BOARD) and not is_party
    link = f"{service}/register/deliveries" if to_office else f"{service}/escalations/{escalation}#documents"
    return {"reference": _reference(work, notification), "link": link, "to_office": to_office}


def _reminder(lines: Lines, service: str) -> Values | None:
    if not lines:
        return None
    link = f"{service}/register/today" if lines.to_office else f"{service}/escalations"
    return {"late": lines.late, "coming": lines.coming, "link": link, "to_office": lines.to_office}


def _release_waits(work: Work, notification: Notification, service: str) -> Values | None:
    """The office finds them on the page of its day, and whoever takes part on the page of the escalation."""
    waiting = waiting_for(work, notification.person)
    is_office = may(notification.person, May.SEE_REGISTER, Relation.OWN_BOARD) and any(
        each.because == Because.DEIDENTIFIED for each in waiting
    )
    escalations = {each.document.escalation_id for each in waiting}
    place = f"escalations/{escalations.pop()}#waiting" if len(escalations) == 1 else "escalations"
    return {"count": len(waiting), "link": f"{service}/{'register/today' if is_office else place}"} if waiting else None


def _report(work: Work, notification: Notification, kind: Kind, service: str) -> Values | None:
    """Nothing of one that waits no more, or was withdrawn since."""
    assert notification.about_id is not None, "a message about a report names it"
    waits = kind is Kind.REPORT_WAITS
    is_true = (waits_for if waits else is_readable_by)(work, notification.person, notification.about_id)
    return {"link": f"{service}/reports/{notification.about_id}"} if is_true else None


def _layout_failed(work: Work, notification: Notification, service: str) -> Values | None:
    board = notification.board_id
    kinds = ledger.kinds_given_up(work.session, board)
    is_own = any(layout_in_force(work.session, board, kind) is not None for kind in kinds)
    return {"is_own": is_own, "link": f"{service}/word-layouts"} if kinds else None


def _attestation_due(work: Work, notification: Notification, service: str) -> Values | None:
    """Nothing for somebody who administers the agency no more, and once it has given its word."""
    person, agency_id = notification.person, notification.about_id
    to_office = person.seat == Seat.BUSINESS_UNIT
    may_give_it = to_office or (person.administers_agency and person.agency_id == agency_id)
    day = due_day_of(work, person, agency_id) if agency_id is not None and may_give_it else None
    return None if day is None else {"by": day, "link": f"{service}/agencies", "to_office": to_office}


def _destruction_near(work: Work, notification: Notification, service: str) -> Values | None:
    person = notification.person
    near = keeping.what_is_near(work, person, since=notification.owed_at)
    if near is None:
        return None
    to_office = person.seat == Seat.BUSINESS_UNIT
    return {
        "count": len(near.references),
        "references": near.references[:MOST_REFERENCES],
        "by": near.by,
        "link": f"{service}/register/keeping" if to_office else "",
        "to_office": to_office,
    }


def _other_systems(work: Work, notification: Notification, kind: OfPeople, link: str) -> Values | None:
    """Nothing of a token that was revoked since."""
    assert notification.about_id is not None, "a message about another system names its token or webhook"
    if kind is Kind.SYSTEM_ACCESS_ASKED:
        return {"link": link, "to_office": notification.person.seat == Seat.BUSINESS_UNIT}
    if kind is Kind.WEBHOOK_GIVEN_UP:
        return {"link": link}
    ends = end_of_token(work, notification.board_id, notification.about_id)
    return None if ends is None else {"by": uk_date(ends), "link": link}


def _draft_ends(work: Work, notification: Notification, service: str) -> Values | None:
    """Nothing of a form that was sent, or gone on with, since."""
    assert notification.about_id is not None, "a message about a draft names it"
    by = keeping.draft_ends_on(work, notification.person, notification.about_id, told_at=notification.owed_at)
    return None if by is None else {"by": by, "link": f"{service}/escalations"}


def _many_downloads(work: Work, notification: Notification, service: str) -> Values | None:
    """Nothing for somebody who is of the office no more."""
    person = notification.person
    found = sets.one_day(work.session, notification.about_id) if notification.about_id is not None else None
    if found is None or not may(person, May.SEE_REGISTER, Relation.OWN_BOARD):
        return None
    page = "register/downloads" if may(person, May.DOWNLOAD_SETS, Relation.OWN_BOARD) else "register/today"
    return {
        "count": found.taken,
        "most": person.board.documents_a_day,
        "is_refused": found.refused_at is not None,
        "on": found.day,
        "link": f"{service}/{page}",
    }


def _policy(work: Work, notification: Notification, kind: Kind, service: str) -> Values | None:
    """Nobody is told that it begins once it was withdrawn."""
    assert notification.about_id is not None, "a message about a policy names what was decided"
    adoption = adoption_told_of(work.session, notification.about_id)
    if adoption.is_withdrawn != (kind is Kind.POLICY_STAYS):
        return None
    policy = work.shelf.get(adoption.policy_key)
    link = f"{service}/policies/{policy.key}"
    return {"policy": f"{policy.title} ({policy.dated})", "starts": adoption.starts_on, "link": link}


def _reference(work: Work, notification: Notification) -> str:
    if notification.escalation_id is None:
        raise UnfitMessage("A message names an escalation and is about none; nothing was sent.")
    return ledger.reference_of(work.session, notification.escalation_id)
