"""Who may join an escalation, on which side, at which level."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from forms_app.db.people import people_of_board, seat_holders
from forms_app.db.tables import Escalation, Party, Person
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.filing import NOBODY_IN_SEAT, NamedParty
from forms_app.domain.policy import OFFICE, Policy, Side, Stage
from forms_app.domain.records import Concern, ConcernedAgency, HelpAsked, PeopleJoin, Place
from forms_app.services.work import Work

Joining = list[tuple[Person, NamedParty]]


def to_stage(
    work: Work,
    policy: Policy,
    stage: Stage,
    raiser: Person,
    concern: Concern,
    before: Sequence[Party],
    named: Sequence[NamedParty],
) -> Joining:
    """The people who join when this stage is entered. Raises NotAllowedNow when one who is needed is missing."""
    joining = people(work, raiser, concern, before, named)
    acting = {(Side(party.side), party.level) for party in before} | {(party.side, party.level) for party in named}
    for actor in stage.actors:
        if actor.needed and not any((actor.side, level) in acting for level in actor.levels):
            raise NotAllowedNow(f"Name who acts at this stage as: {policy.level_title(actor.level)}.")
    if any(actor.needed and actor.side is Side.RESPONDING for actor in stage.actors):
        _check_every_agency(concern, before, joining)
    return _new(joining, before)


def people(
    work: Work, raiser: Person, concern: Concern, before: Sequence[Party], named: Sequence[NamedParty]
) -> Joining:
    """Those who were named, each looked up and allowed on that side. Raises NotFound and NotAllowedNow."""
    known = {person.id: person for person in people_of_board(work.session, raiser.board_id)}
    joining: dict[UUID, tuple[Person, NamedParty]] = {}
    for party in named:
        person = known.get(party.person_id)
        if person is None:
            raise NotFound("There is no such person at this Board’s agencies.")
        if not _may_stand(person, party, raiser, concern):
            raise NotAllowedNow("Somebody was named for a side on which their agency does not stand.")
        joining.setdefault(person.id, (person, party))
    sides = {(party.person_id, Side(party.side)) for party in before} | {(one.person_id, one.side) for one in named}
    if len(sides) > len({person for person, _ in sides}):
        raise NotAllowedNow("Somebody was named on two sides. Each person stands on one.")
    return list(joining.values())


def beside(
    work: Work,
    raiser: Person,
    concern: Concern,
    before: Sequence[Party],
    named: Sequence[NamedParty],
    *,
    facts: PeopleJoin,
    by: Place,
) -> Joining:
    """The people who join outside a change of stage, by the rule of the reason. Raises NotAllowedNow."""
    own = {Side.RAISING: Side.RESPONDING, Side.RESPONDING: Side.RAISING}
    allowed = {
        "acts": frozenset(Side),
        "stands_in": frozenset({by.side}),
        "supports": frozenset({by.side}),
        "next_tier": frozenset({Side.RAISING, Side.RESPONDING}),
        "chain_exhausted": frozenset({own.get(by.side, by.side)}),
    }[facts.because]
    if not named:
        raise NotAllowedNow("Choose who joins.")
    if any(party.side not in allowed for party in named):
        raise NotAllowedNow("Choose somebody of the side for which this reason is meant.")
    if facts.because == "stands_in" and not any(
        party.person_id == facts.instead_of and party.side == by.side for party in before
    ):
        raise NotAllowedNow("Choose whose place is taken: somebody of your own side.")
    joining = people(work, raiser, concern, before, named)
    if facts.because in {"stands_in", "supports"} and any(person.agency_id != by.agency for person, _ in joining):
        raise NotAllowedNow("Choose somebody of your own agency.")
    return _new(joining, before)


def helpers(work: Work, policy: Policy, board_id: UUID, before: Sequence[Party], facts: HelpAsked) -> Joining:
    """Those who hold the seat that is asked for help. Raises NotAllowedNow when nobody does."""
    seat = next(helper.seat for helper in policy.helpers if helper.id == facts.helper)
    holders = [person for person in seat_holders(work.session, board_id) if person.seat == seat]
    if not holders:
        raise NotAllowedNow(NOBODY_IN_SEAT)
    return _new([(person, NamedParty(person.id, Side.BOARD, seat.value)) for person in holders], before)


def of_the_level(work: Work, stage: Stage, raiser: Person, concern: Concern, before: Sequence[Party]) -> Joining:
    """Who acts at a stage that opens by itself: whoever is the only one at the level in the agency."""
    known = people_of_board(work.session, raiser.board_id)
    found: list[tuple[Person, NamedParty]] = []
    for actor in stage.actors:
        for agencies in _agencies(actor.side, raiser, concern, known):
            at_level = [
                person
                for person in known
                if person.agency_id in agencies and {person.level, person.seat} & set(actor.levels)
            ]
            if actor.needed and len(at_level) == 1:
                level = actor.level if at_level[0].level not in actor.levels else at_level[0].level
                found.append((at_level[0], NamedParty(at_level[0].id, actor.side, level)))
    taken = {party.person_id: Side(party.side) for party in before}
    return _new([pair for pair in found if taken.get(pair[0].id, pair[1].side) is pair[1].side], before)


def _agencies(side: Side, raiser: Person, concern: Concern, known: Sequence[Person]) -> Iterator[set[UUID]]:
    """The agencies of which somebody acts on this side; for the Board's side all together that are not involved."""
    involved = {raiser.agency_id, *(agency.id for agency in concern.agencies)}
    match side:
        case Side.RAISING:
            yield {raiser.agency_id}
        case Side.RESPONDING:
            yield from ({agency.id} for agency in concern.agencies)
        case Side.BOARD:
            yield {person.agency_id for person in known} - involved


def join(escalation: Escalation, joining: Joining, *, at: datetime, raiser: UUID | None = None) -> None:
    for person, party in joining:
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


def check_agencies(
    policy: Policy, raiser: Person, chosen: Sequence[ConcernedAgency], known: Sequence[tuple[UUID, str]]
) -> None:
    """The other agencies are of this Board, and the raiser's own only where the policy permits it."""
    ids = {agency.id for agency in chosen}
    if not ids:
        raise NotAllowedNow("Name the agency that you disagree with.")
    if not ids <= {agency_id for agency_id, kind in known if kind != OFFICE}:
        raise NotFound("There is no such agency at this Board.")
    if raiser.agency_id in ids and not policy.internal.permitted:
        raise NotAllowedNow(policy.internal.signpost)


def _new(joining: Joining, before: Sequence[Party]) -> Joining:
    present = {party.person_id for party in before}
    return [pair for pair in joining if pair[0].id not in present]


def _check_every_agency(concern: Concern, before: Sequence[Party], joining: Joining) -> None:
    """Every agency that responds has somebody who acts for it."""
    acting = {party.agency_id for party in before if party.side == Side.RESPONDING}
    acting |= {person.agency_id for person, party in joining if party.side is Side.RESPONDING}
    for agency in concern.agencies:
        if agency.id not in acting:
            raise NotAllowedNow(f"Name somebody who acts for {agency.name}.")


def _may_stand(person: Person, party: NamedParty, raiser: Person, concern: Concern) -> bool:
    """Whether the person's agency stands on that side; for the Board's side also whether they hold the level."""
    responding = {agency.id for agency in concern.agencies}
    match party.side:
        case Side.RAISING:
            return person.agency_id == raiser.agency_id
        case Side.RESPONDING:
            return person.agency_id in responding
        case Side.BOARD:
            holds = party.level in {person.level, person.seat}
            return holds and person.agency_id not in responding | {raiser.agency_id}
