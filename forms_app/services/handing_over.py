"""Hands a place in an escalation to a named successor: the same side, level and sight, at once, and the history keeps the name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from forms_app.db import deliveries as rows
from forms_app.db import ledger, places
from forms_app.db.drafts import forget_drafts_in
from forms_app.db.people import business_unit_of, people_of_board, person_with_board
from forms_app.db.reads import escalation_for, told_escalation
from forms_app.db.tables import Delivery, Escalation, HandOver, Party, Person
from forms_app.domain.access import May, Relation, can_take_part, may
from forms_app.domain.deliveries import ANSWERED, EventKind
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.places import REASONS, Candidate, Reason
from forms_app.domain.policy import BOTH_SIDES, Policy, Side
from forms_app.domain.working_days import spell_time
from forms_app.mail.compose import Kind
from forms_app.services.history import is_open, policy_of
from forms_app.services.issuing import owe_posting, owe_posting_again
from forms_app.services.joining import among, may_act_for_board
from forms_app.services.mail_domains import travels_attached
from forms_app.services.notifying import notify
from forms_app.services.places import end_covers, holder_of, holders_of, is_empty, put_in_place
from forms_app.services.work import Work

NO_PLACE = "There is no such place."
TAKEN = "Somebody else has taken over this place since you opened this page. Nothing was changed."
UNFIT = "Choose somebody from the list: a colleague of the same agency, at this level or above, who takes no part yet."


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One place, for somebody who may say who holds it or covers in it."""

    escalation_id: UUID
    reference: str
    place_id: UUID
    holder_id: UUID
    holder: str
    """By name for parties; for the business unit, which is told no party’s name, by job title."""
    agency: str
    level: str
    is_raiser: bool
    is_oneself: bool
    is_empty: bool
    by_office: bool
    candidates: tuple[Candidate, ...]


# --- what is seen ------------------------------------------------------------------------------------------------


def place_view(work: Work, *, by: UUID, escalation_id: UUID, place_id: UUID, seen: UUID | None = None) -> PlaceView:
    """One place with everybody who could take it over.

    Raises NotFound for whoever may not hand it over, and ChangedMeanwhile where they could have, and somebody else has it
    now than was `seen`.
    """
    escalation, holder, by_office = found_place(work, by, escalation_id, place_id, seen=seen)
    return view_of(work, escalation, holder, by=by, by_office=by_office)


def view_of(work: Work, escalation: Escalation, holder: Party, *, by: UUID, by_office: bool = False) -> PlaceView:
    title = holder.person.job_title
    return PlaceView(
        escalation_id=escalation.id,
        reference=escalation.reference,
        place_id=holder.place_id,
        holder_id=holder.person_id,
        holder=title if by_office else f"{holder.person.name}, {title}",
        agency=holder.agency.name,
        level=policy_of(work, escalation).level_title(holder.level),
        is_raiser=holder.is_raiser,
        is_oneself=holder.person_id == by,
        is_empty=is_empty(holder),
        by_office=by_office,
        candidates=tuple(
            Candidate(each.id, f"{each.name}, {each.job_title}") for each in candidates_for(work, escalation, holder)
        ),
    )


def changes_of(work: Work, escalation: Escalation, by: Party) -> tuple[str, ...]:
    """How places changed hands, the oldest first. Why is for colleagues of the same agency."""
    agencies = {each.person_id: each.agency_id for each in escalation.parties}
    lines = []
    for each in places.hand_overs_in(work.session, escalation.id):
        taker = "Nobody yet" if each.taker is None else each.taker.name
        line = f"{spell_time(each.at)}: {taker} in the place of {each.giver.name}"
        if agencies.get(each.from_id) == by.agency_id:
            line += f". {REASONS[Reason(each.reason)]}" + (f": {each.words}" if each.words else "")
        lines.append(line)
    return tuple(lines)


def empty_places(work: Work, *, by: UUID) -> tuple[PlaceView, ...]:
    """Every place of this Board’s escalations that nobody holds any more, for its business unit. Raises NotFound."""
    officer = _officer(work, by)
    if officer is None:
        raise NotFound("There is no such page.")
    found = places.escalations_with_empty_places(work.session, officer.board_id, by)
    return tuple(
        view_of(work, escalation, holder, by=by, by_office=True)
        for escalation in found
        if is_open(work, escalation)
        for holder in holders_of(escalation)
        if is_empty(holder)
    )


# --- what is done ------------------------------------------------------------------------------------------------


def hand_over(
    work: Work,
    *,
    by: UUID,
    escalation_id: UUID,
    place_id: UUID,
    seen: UUID,
    to: UUID,
    reason: Reason,
    words: str = "",
) -> None:
    """Gives the place to its successor, from this moment on. `seen` is who held it when the form was opened.

    Whoever held it sees nothing of the escalation any more, and what they had not been sent yet goes to the successor. The
    form sent twice does it once. Raises NotFound, ChangedMeanwhile, and NotAllowedNow with a sentence.
    """
    rows.hold_people(work.session, {seen, to})
    if was_done(work, by=by, escalation_id=escalation_id, place_id=place_id, seen=seen, to=to):
        return
    escalation, giver, _ = found_place(work, by, escalation_id, place_id, lock=True, seen=seen)
    if giver.person_id != seen:
        raise ChangedMeanwhile(TAKEN)
    taker = next((each for each in candidates_for(work, escalation, giver) if each.id == to), None)
    if taker is None:
        raise NotAllowedNow(UNFIT)
    _change_hands(work, escalation, giver, taker)
    _pass_on(work, escalation, giver, taker, by)
    work.session.add(
        HandOver(
            escalation_id=escalation_id,
            place_id=place_id,
            from_id=giver.person_id,
            to_id=taker.id,
            by_id=by,
            reason=reason.value,
            words=words,
            at=work.now,
        )
    )
    work.note(
        "place_handed_over",
        person=by,
        board=escalation.board_id,
        escalation=escalation_id,
        about=taker.id,
        code=reason.value,
    )
    tell_of_change(work, escalation, place_id, but=by)
    if giver.person_id != by and giver.person.left_at is None:
        notify(work, Kind.PLACE_GIVEN_UP, giver.person, key=key_of_change(work, place_id), escalation=escalation_id)


def was_done(work: Work, *, by: UUID, escalation_id: UUID, place_id: UUID, seen: UUID, to: UUID) -> bool:
    """Whether this form was sent before, and nothing happened to the place since."""
    last = places.last_hand_over(work.session, escalation_id, place_id)
    return last is not None and (last.by_id, last.from_id, last.to_id) == (by, seen, to)


def _change_hands(work: Work, escalation: Escalation, giver: Party, taker: Person) -> None:
    end_covers(work, escalation, giver.place_id)
    row = put_in_place(escalation, giver, taker, since=work.now)
    row.is_raiser, giver.is_raiser = giver.is_raiser, False
    giver.gave_up_at = giver.gave_up_at or work.now
    forget_drafts_in(work.session, giver.person_id, escalation.id)
    work.session.flush()


def _pass_on(work: Work, escalation: Escalation, giver: Party, taker: Person, by: UUID) -> None:
    """What was not sent yet goes to the successor, who is also asked what the other one was asked and has not answered."""
    has = places.documents_sent_to(work.session, escalation.id, taker.id)
    for delivery in places.deliveries_to_place(work.session, giver.place_id, giver.person_id):
        if delivery.document_id in has:
            continue
        if not ledger.was_accepted(work.session, delivery.id) and not ledger.is_begun(work.session, delivery.id):
            _send_to(work, delivery, taker, by)
        elif delivery.document.kind in ANSWERED and not delivery.acknowledgements:
            _ask_anew(work, delivery, taker)


def _send_to(work: Work, delivery: Delivery, taker: Person, by: UUID) -> None:
    if delivery.attempts or delivery.events:
        ledger.add_event(work.session, delivery.id, EventKind.SENT_AGAIN, work.now, person_id=by)
    delivery.person, delivery.address, delivery.notification_id = taker, taker.email, None
    delivery.attached = delivery.attached and travels_attached(work, taker)
    _post(work, delivery)


def _ask_anew(work: Work, delivery: Delivery, taker: Person) -> None:
    anew = Delivery(
        id=uuid4(),
        document=delivery.document,
        number=max(each.number for each in ledger.deliveries_of(work.session, delivery.document_id)) + 1,
        person=taker,
        address=taker.email,
        attached=delivery.attached and travels_attached(work, taker),
        owed_at=work.now,
        place_id=delivery.place_id,
    )
    work.session.add(anew)
    _post(work, anew)


def _post(work: Work, delivery: Delivery) -> None:
    """Files that are still to be made are posted by whoever makes them."""
    work.session.flush()
    if delivery.document.issued_at is not None:
        owe_posting(work, delivery.id)
        owe_posting_again(work, [delivery.id])


# --- who hears of it ---------------------------------------------------------------------------------------------


def tell_of_change(
    work: Work,
    escalation: Escalation,
    place_id: UUID,
    *,
    but: UUID,
    also: Person | None = None,
    not_before: datetime | None = None,
) -> None:
    """Everybody who takes part hears that somebody else acts in a place; the mail says in which escalation and no more."""
    there = {party.person_id: party.person for party in escalation.parties if not party.has_left}
    if also is not None:
        there[also.id] = also
    for person in there.values():
        if person.id != but:
            notify(
                work,
                Kind.PLACE_CHANGED,
                person,
                key=key_of_change(work, place_id),
                escalation=escalation.id,
                not_before=not_before,
            )


def tell_of_empty_places(work: Work, person_id: UUID, escalations: Sequence[Escalation]) -> None:
    """Somebody takes part no more in these: the business unit hears where they held a place, and everybody that they are gone."""
    for escalation in escalations:
        for holder in holders_of(escalation):
            if holder.person_id == person_id:
                tell_office_of_empty_place(work, escalation, holder.place_id)
                tell_of_change(work, escalation, holder.place_id, but=person_id)


def tell_office_of_empty_place(work: Work, escalation: Escalation, place_id: UUID) -> None:
    """The business unit hears that nobody holds a place: somebody must be found."""
    for officer in business_unit_of(work.session, escalation.board_id):
        notify(work, Kind.PLACE_EMPTY, officer, key=key_of_change(work, place_id), escalation=escalation.id)


def key_of_change(work: Work, place_id: UUID) -> str:
    return f"{place_id}:{work.now.isoformat()}"


# --- who holds what ----------------------------------------------------------------------------------------------


def may_hand_over(policy: Policy, holder: Party, by: Party) -> bool:
    """Their own place; a colleague’s whose manager they are here; and one that nobody holds, where they are of its side.

    Whoever covers gives nothing away: the place is not theirs.
    """
    if by.is_cover or by.has_left:
        return False
    if by.id == holder.id:
        return True
    is_same_party = by.side == holder.side and (by.agency_id == holder.agency_id or by.side == Side.BOARD)
    return is_same_party and (is_empty(holder) or _height(policy, by.level) > _height(policy, holder.level))


def _height(policy: Policy, level: str | None) -> int:
    order = [choice.id for choice in policy.levels]
    return order.index(level) if level in order else -1


def candidates_for(work: Work, escalation: Escalation, holder: Party) -> Sequence[Person]:
    """Who could take the place over: of the same agency and no lower level, and without a part in this escalation now.

    Who only covers in this very place can.
    """
    here, policy = among(work, escalation), policy_of(work, escalation)
    there = [each for each in escalation.parties if not each.has_left or each.id == holder.id]
    busy = {each.person_id for each in there if not (each.is_cover and each.place_id == holder.place_id)}
    lowest = min(_height(policy, holder.level), _height(policy, holder.person.level))
    found = []
    for person in people_of_board(work.session, escalation.board_id):
        if person.id in busy or not can_take_part(person):
            continue
        if Side(holder.side) in BOTH_SIDES:
            fits = person.agency_id == holder.agency_id and _height(policy, person.level) >= lowest
        else:
            fits = may_act_for_board(person, holder.level, here)
        if fits:
            found.append(person)
    return found


def found_place(
    work: Work, by: UUID, escalation_id: UUID, place_id: UUID, *, lock: bool = False, seen: UUID | None = None
) -> tuple[Escalation, Party, bool]:
    """The escalation, who holds the place, and whether it is the business unit that asks. Raises NotFound."""
    escalation = escalation_for(work.session, escalation_id, by, lock=lock)
    if escalation is not None:
        holder = holder_of(escalation, place_id)
        own = next(each for each in escalation.parties if each.person_id == by)
        if holder is not None and may_hand_over(policy_of(work, escalation), holder, own):
            return escalation, holder, False
        if holder is not None and seen is not None and own.side == holder.side and holder.person_id != seen:
            raise ChangedMeanwhile(TAKEN)
        raise NotFound(NO_PLACE)
    officer = _officer(work, by)
    if officer is None:
        raise NotFound(NO_PLACE)
    escalation = places.escalation_for_its_office(work.session, escalation_id, officer.board_id, by, lock=lock)
    holder = None if escalation is None else holder_of(escalation, place_id)
    if escalation is None or holder is None:
        raise NotFound(NO_PLACE)
    if not is_empty(holder) and told_escalation(work.session, escalation_id, officer.board_id, by) is None:
        raise ChangedMeanwhile(TAKEN) if seen is not None and seen != holder.person_id else NotFound(NO_PLACE)
    return escalation, holder, True


def _officer(work: Work, by: UUID) -> Person | None:
    person = person_with_board(work.session, by)
    return person if person is not None and may(person, May.SEE_EMPTY_PLACES, Relation.OWN_BOARD) else None
