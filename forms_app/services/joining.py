"""Who may join an escalation, on which side, at which level."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from forms_app.db.people import people_of_board, seat_holders
from forms_app.db.places import declared_in
from forms_app.db.tables import Escalation, Party, Person
from forms_app.domain.access import can_take_part
from forms_app.domain.acts import (
    fault_of_kinds,
    fits,
    is_filled,
    is_further_tier,
    meetings_called,
    meetings_open_to,
)
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.escalation import Open
from forms_app.domain.filing import NOBODY_IN_SEAT, NamedParty
from forms_app.domain.policy import OFFICE, Actor, Meeting, Policy, Route, Side, Stage
from forms_app.domain.records import (
    ActsAs,
    ConcernedAgency,
    HelpAsked,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    PeopleJoin,
    Place,
)
from forms_app.services.history import concern_of, places_of, policy_of
from forms_app.services.work import Work

Joining = list[tuple[Person, NamedParty]]
"""Those who were named, some of whom may take part already, each with the side and level at which they act."""


@dataclass(frozen=True, slots=True)
class Among:
    """The Board and the agencies between which an escalation is, and who takes part in it so far."""

    policy: Policy
    board: UUID
    raising: UUID
    responding: tuple[ConcernedAgency, ...]
    places: tuple[Place, ...] = ()
    partial: frozenset[UUID] = frozenset()
    """Who cannot act for the Board in it: they declared an interest, or have or had a part on one of the two sides."""

    @property
    def involved(self) -> frozenset[UUID]:
        return frozenset({self.raising, *(agency.id for agency in self.responding)})

    def agencies_of(self, side: Side) -> tuple[UUID | None, ...]:
        """The agencies of which each has somebody who acts for this side; None for the Board's."""
        match side:
            case Side.RAISING:
                return (self.raising,)
            case Side.RESPONDING:
                return tuple(agency.id for agency in self.responding)
            case Side.BOARD:
                return (None,)


def among(work: Work, escalation: Escalation) -> Among:
    took_sides = {
        party.person_id for party in escalation.parties if party.side != Side.BOARD and party.removed_at is None
    }
    return Among(
        policy_of(work, escalation),
        escalation.board.id,
        next(party.agency_id for party in escalation.parties if party.is_raiser),
        concern_of(escalation).agencies,
        tuple(places_of(escalation)),
        frozenset(took_sides | set(declared_in(work.session, escalation.id))),
    )


# --- who joins ---------------------------------------------------------------------------------------------------


def to_stage(work: Work, here: Among, stage: Stage, named: Sequence[NamedParty]) -> Joining:
    """The people who join when this stage is entered. Raises NotAllowedNow when one who is needed is missing."""
    joining = people(work, here, named)
    acting = [*here.places, *_places(joining)]
    for actor in stage.actors:
        for agency in here.agencies_of(actor.side) if actor.needed else ():
            if not is_filled(acting, actor, agency):
                raise NotAllowedNow(_missing(here, actor, agency))
    return joining


def people(work: Work, here: Among, named: Sequence[NamedParty]) -> Joining:
    """Those who were named, each looked up and allowed on that side. Raises NotFound and NotAllowedNow."""
    known = {person.id: person for person in people_of_board(work.session, here.board)}
    sides = {place.person: place.side for place in here.places}
    joining: Joining = []
    for party in named:
        person = known.get(party.person_id)
        if person is None:
            raise NotFound("There is no such person at this Board’s agencies.")
        if not can_take_part(person):
            raise NotAllowedNow(
                "Somebody was named whose seat at the Board takes part in nothing. Choose somebody else."
            )
        if party.side is sides.get(person.id, Side.BOARD) is Side.BOARD and person.id in here.partial:
            raise NotAllowedNow("Somebody was named who has an interest in this escalation. Choose somebody else.")
        if not _may_stand(person, party, here):
            raise NotAllowedNow("Somebody was named for a side on which their agency does not stand.")
        if sides.setdefault(person.id, party.side) is not party.side:
            raise NotAllowedNow("Somebody was named on two sides. Each person stands on one.")
        joining.append((person, party))
    return joining


def beside(
    work: Work, here: Among, stage: Stage, named: Sequence[NamedParty], *, facts: PeopleJoin, by: Place
) -> Joining:
    """The people who join outside a change of stage, by the rule of the reason. Raises NotAllowedNow."""
    if not named or {party.person_id for party in named} != set(facts.joins):
        raise NotAllowedNow("Choose who joins.")
    other = {Side.RAISING: Side.RESPONDING, Side.RESPONDING: Side.RAISING}
    allowed = {
        "acts": frozenset(Side),
        "stands_in": frozenset({by.side}),
        "supports": frozenset({by.side}),
        "next_tier": frozenset(other),
        "chain_exhausted": frozenset({other[by.side]} if by.side in other else ()),
    }[facts.because]
    if any(party.side not in allowed for party in named):
        raise NotAllowedNow("Choose somebody of the side for which this reason is meant.")
    if facts.because in {"next_tier", "chain_exhausted"} and not all(
        is_further_tier(here.policy, stage, here.places, party.side, party.level) for party in named
    ):
        raise NotAllowedNow("Choose somebody more senior than those who act here now.")
    joining = people(work, here, named)
    if facts.because == "acts":
        _check_places_are_free(here, stage, joining)
    if facts.because in {"stands_in", "supports"} and any(person.agency_id != by.agency for person, _ in joining):
        raise NotAllowedNow("Choose somebody of your own agency.")
    if facts.because == "stands_in":
        _check_stand_in(here, joining, facts, by)
    return joining


def helpers(work: Work, here: Among, facts: HelpAsked) -> Joining:
    """Those who hold the seat that is asked for help. Raises NotAllowedNow when nobody does."""
    seat = next(helper.seat for helper in here.policy.helpers if helper.id == facts.helper)
    holders = [
        person
        for person in seat_holders(work.session, here.board)
        if person.seat == seat and person.agency_id not in here.involved and person.id not in here.partial
    ]
    if not holders:
        raise NotAllowedNow(NOBODY_IN_SEAT)
    taking_part = {place.person for place in here.places}
    return [
        (person, NamedParty(person.id, Side.BOARD, seat.value)) for person in holders if person.id not in taking_part
    ]


def of_the_level(work: Work, here: Among, stage: Stage) -> Joining:
    """Who acts at a stage that opens by itself: whoever is the only one at the level in the agency."""
    known = people_of_board(work.session, here.board)
    joining: Joining = []
    for actor in (actor for actor in stage.actors if actor.needed):
        for agency in here.agencies_of(actor.side):
            acting = [*here.places, *_places(joining)]
            if not is_filled(acting, actor, agency):
                joining += _only_one(known, actor, agency, here, acting)
    return joining


def _only_one(
    known: Sequence[Person], actor: Actor, agency: UUID | None, here: Among, acting: Sequence[Place]
) -> Joining:
    """The one person whom the directory gives for this place, unless they stand on another side."""
    sides = {place.person: place.side for place in acting}
    at_level = [
        person
        for person in known
        if {person.level, person.seat} & set(actor.levels)
        and (person.agency_id == agency if agency else may_act_for_board(person, None, here))
    ]
    if len(at_level) != 1 or sides.get(at_level[0].id, actor.side) is not actor.side:
        return []
    (person,) = at_level
    level = next(level for level in actor.levels if level in {person.level, person.seat})
    return [(person, NamedParty(person.id, actor.side, level))]


# --- meetings and requests: the people they name ---------------------------------------------------------------------


def meeting_called(
    work: Work, here: Among, now: Open, named: Sequence[NamedParty], facts: MeetingCalled, by: Place
) -> Joining:
    """Whoever is invited and does not take part yet. Raises NotAllowedNow when it is not called jointly."""
    taking_part = {place.person for place in here.places}
    new = [party for party in named if party.person_id not in taking_part]
    if not {*facts.invited, *facts.conveners} <= taking_part | {party.person_id for party in new}:
        raise NotAllowedNow("Invite people who take part, or name them so that they join.")
    meeting = next(each for each in meetings_open_to(now, by) if each.id == facts.meeting)
    _check_conveners(meeting, here.places, facts.conveners, by)
    return people(work, here, new)


def check_meeting_held(here: Among, now: Open, facts: MeetingHeld) -> None:
    """Only people who take part can be said to have attended: everybody else is in the minutes. Raises NotAllowedNow."""
    if not set(facts.attended) <= {place.person for place in here.places}:
        raise NotAllowedNow("Name only people who take part as those who attended. Add the others to the minutes.")
    called = next((step.facts for step in meetings_called(now) if step.id == facts.called), None)
    if isinstance(called, MeetingCalled) and called.meeting != facts.meeting:
        raise NotAllowedNow("This is the record of another meeting than the one that was called.")


def check_request(here: Among, facts: InformationRequest) -> None:
    """Only an agency of which somebody takes part can read a request. Raises NotAllowedNow."""
    if facts.agency not in {place.agency for place in here.places if not place.has_left}:
        raise NotAllowedNow("Nobody of this agency takes part yet. Add somebody first, then ask.")


def _check_conveners(meeting: Meeting, places: Sequence[Place], conveners: Collection[UUID], by: Place) -> None:
    """Of each side that convenes it, where anybody of theirs is there to do so, one is named; the caller is among them."""
    able = [place for place in places if any(fits(place, actor) for actor in meeting.conveners)]
    named = {by.person, *conveners}
    if not named <= {place.person for place in able}:
        raise NotAllowedNow("Name as conveners only people whom the policy lets convene this meeting.")
    if {place.side for place in able if not place.has_left} - {place.side for place in able if place.person in named}:
        raise NotAllowedNow("The policy has both sides convene this meeting: name with whom you convene it.")


# --- joining -----------------------------------------------------------------------------------------------------


def join(escalation: Escalation, joining: Joining, *, at: datetime, raiser: UUID | None = None) -> None:
    """Adds a party for everybody who is none yet. Who is named twice, or takes part already: see `further_levels`."""
    present = {party.person_id for party in escalation.parties}
    gone = {party.person_id: party for party in escalation.parties if not party.holds_place}
    for person, party in joining:
        if (back := gone.pop(person.id, None)) is not None:
            _take_back(back, person, party, at)
        elif person.id not in present:
            present.add(person.id)
            escalation.parties.append(
                Party(
                    number=len(escalation.parties) + 1,
                    person_id=person.id,
                    person=person,
                    agency_id=person.agency_id,
                    agency=person.agency,
                    side=party.side.value,
                    level=party.level,
                    is_raiser=person.id == raiser,
                    joined_at=at,
                )
            )


def _take_back(back: Party, person: Person, named: NamedParty, at: datetime) -> None:
    """Somebody who was removed, gave up their place or only covers, and is named again: as if they joined now."""
    back.removed_at, back.joined_at = None, at
    back.gave_up_at, back.covers_until, back.place_id = None, None, uuid4()
    back.agency, back.side, back.level = person.agency, named.side.value, named.level


def further_levels(joining: Joining, places: Sequence[Place]) -> tuple[ActsAs, ...]:
    """The levels at which people act beside the one at which they joined, or join now."""
    known = {place.person: set(place.levels) for place in places}
    further: list[ActsAs] = []
    for person, party in joining:
        levels = known.setdefault(person.id, {party.level})
        if party.level not in levels:
            levels.add(party.level)
            further.append(ActsAs(person=person.id, level=party.level))
    return tuple(further)


def check_agencies(
    policy: Policy,
    route: Route,
    raiser: Person,
    chosen: Sequence[ConcernedAgency],
    known: Sequence[tuple[UUID, str]],
) -> None:
    """The other agencies are of this Board and of the route's kinds, and the raiser's own only where the policy permits it."""
    ids = {agency.id for agency in chosen}
    if not ids:
        raise NotAllowedNow("Name the agency that you disagree with.")
    if not ids <= {agency_id for agency_id, kind in known if kind != OFFICE}:
        raise NotFound("There is no such agency at this Board.")
    if raiser.agency_id in ids and not policy.internal.permitted:
        raise NotAllowedNow(policy.internal.signpost)
    kinds = [kind for agency_id, kind in known if agency_id in {raiser.agency_id, *ids}]
    if (fault := fault_of_kinds(kinds, policy, route)) is not None:
        raise NotAllowedNow(fault)


def _places(joining: Joining) -> list[Place]:
    return [Place(person.id, person.agency_id, party.side, party.level) for person, party in joining]


def _missing(here: Among, actor: Actor, agency: UUID | None) -> str:
    title = here.policy.level_title(actor.level)
    several = actor.side is Side.RESPONDING and len(here.responding) > 1
    where = next((f" for {each.name}" for each in here.responding if several and each.id == agency), "")
    return f"Name who acts at this stage{where} as: {title}."


def _check_places_are_free(here: Among, stage: Stage, joining: Joining) -> None:
    """Each fills a place of this stage that nobody fills. Raises NotAllowedNow."""
    for place in _places(joining):
        actors = [actor for actor in stage.actors if fits(place, actor)]
        agency = None if place.side is Side.BOARD else place.agency
        if all(is_filled(here.places, actor, agency) for actor in actors):
            raise NotAllowedNow("Choose a place at this stage that nobody fills yet.")


def _check_stand_in(here: Among, joining: Joining, facts: PeopleJoin, by: Place) -> None:
    """One takes over the place of one: of the same side and agency, at a level of theirs. Raises NotAllowedNow."""
    absent = next(
        (place for place in here.places if place.person == facts.instead_of and place.party == by.party), None
    )
    if absent is None:
        raise NotAllowedNow("Choose whose place is taken: somebody of your own side.")
    if len(joining) != 1 or facts.instead_of in facts.joins or joining[0][1].level not in absent.levels:
        raise NotAllowedNow("One person takes the place of another, at the same level.")


def _may_stand(person: Person, party: NamedParty, here: Among) -> bool:
    """Whether the person's agency stands on that side; for the Board's side also whether they hold the level."""
    match party.side:
        case Side.RAISING:
            return person.agency_id == here.raising
        case Side.RESPONDING:
            return person.agency_id in {agency.id for agency in here.responding}
        case Side.BOARD:
            return may_act_for_board(person, party.level, here)


def may_act_for_board(person: Person, level: str | None, here: Among) -> bool:
    """Whether somebody is of no agency between which it is, has no interest in it, and holds the level, if one is asked."""
    is_at_level = level is None or level in {person.level, person.seat}
    return is_at_level and person.agency_id not in here.involved and person.id not in here.partial
