"""The agencies and people who are named in a form: who must be, who may be, and as what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from wtforms import Form

from forms_app.domain.acts import Act, fault_of_kinds, is_filled, level_of_raiser
from forms_app.domain.filing import ListedAgency, ListedPerson, NamedParty
from forms_app.domain.policy import OFFICE, Actor, Policy, Route, Side, Stage
from forms_app.forms.asking import Asking, Given, Page, PageForm, listed, page_of, raising_agency, stage_number
from forms_app.forms.entry import checked
from forms_app.forms.fields import Pick, PickFromList, Picks, Rows
from forms_app.forms.gates import ticked_gates


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A place at a stage for which somebody is named; for the Board's side of no certain agency."""

    field: str
    label: str
    actor: Actor
    agency: UUID | None


# --- the agencies ------------------------------------------------------------------------------------------------


def agencies_page(asking: Asking, route: Route | None = None) -> Page:
    """The agencies with which one disagrees, of the kinds that the route is between."""
    several = asking.policy.several_responding_agencies
    kind = Picks if several else Pick
    agencies = [(str(agency.id), agency.name) for agency in asking.directory.agencies if agency.kind != OFFICE]
    label = "Which agencies do you disagree with?" if several else "Which agency do you disagree with?"
    own = str(asking.directory.own.agency_id)
    signpost = asking.policy.internal.signpost

    class OtherAgencies(PageForm):
        def validate(self, extra_validators: Any = None) -> bool:
            if not super().validate(extra_validators):
                return False
            chosen = self.question("f-agencies").codes()
            fault = None
            if own in chosen and not asking.policy.internal.permitted:
                fault = f"That is your own agency. {signpost}"
            elif route is not None:
                kinds = [agency.kind for agency in asking.directory.agencies if str(agency.id) in chosen]
                fault = fault_of_kinds(kinds, asking.policy, route)
            if fault is not None:
                self["f-agencies"].errors = [fault]
            return fault is None

    fields = {"f-agencies": kind(label, choices=agencies)}
    return page_of("agencies", "The other side", fields, base=OtherAgencies, printed=False)


def chosen_agencies(asking: Asking, given: Given) -> tuple[ListedAgency, ...]:
    """The other agencies that were chosen, those that the directory knows."""
    chosen = given["agencies"].getlist("f-agencies") if "agencies" in given else []
    return tuple(agency for agency in asking.directory.agencies if str(agency.id) in chosen)


def responding_agencies(asking: Asking, given: Given) -> tuple[UUID, ...]:
    if asking.kind is Act.OPEN:
        return tuple(agency.id for agency in chosen_agencies(asking, given))
    return asking.responding


# --- the people --------------------------------------------------------------------------------------------------


def people_page(asking: Asking, stage: Stage, responding: tuple[UUID, ...], *, leaving: bool = False) -> Page:
    """Whoever takes part at a stage that is entered or, when the policy is left there, may still be named for it."""
    fields: dict[str, Any] = {
        vacancy.field: PickFromList(
            vacancy.label,
            groups=candidates(asking, vacancy, responding),
            required=vacancy.actor.needed and not leaving,
        )
        for vacancy in vacancies(asking, stage, responding)
    }
    others = [raising_agency(asking), *responding]

    class OtherPerson(Form):
        person = PickFromList("Person", groups=_by_agency(asking, others), required=False)

    fields["f-others"] = Rows(
        "Anyone else who takes part or must be told",
        row=OtherPerson,
        each="Person",
        hint="They get every document from now on. Leave it as it is if there is nobody else.",
    )
    if asking.kind is Act.STEP_UP and not leaving:
        fields |= ticked_gates(stage, "entering")
    base = checked(lambda form: _on_two_sides(asking, form, list(vacancies(asking, stage, responding))))
    return page_of("people", "The people who take part", fields, base=base, printed=False, intro=stage.summary)


def _on_two_sides(asking: Asking, form: PageForm, places: list[Vacancy]) -> tuple[str, str | None]:
    """Refuses somebody who is named for one side and stands on another, at the place where they are named."""
    sides = {str(place.person): place.side for place in asking.places}
    if asking.kind is Act.OPEN:
        sides[str(asking.directory.own.id)] = Side.RAISING
    for vacancy in places:
        chosen = form[vacancy.field].data
        if chosen and sides.setdefault(chosen, vacancy.actor.side) is not vacancy.actor.side:
            name = next(person.name for person in asking.directory.people if str(person.id) == chosen)
            return vacancy.field, f"{name} stands on another side. Each person stands on one: choose somebody else"
    return "f-others", None


def named_on(form: PageForm, asking: Asking, stage: Stage, responding: tuple[UUID, ...]) -> tuple[NamedParty, ...]:
    """Everyone who was named, each on the side and at the level at which they act."""
    people = {str(person.id): person for person in asking.directory.people}
    # Somebody may act at two levels of the same side: in a small agency there may be nobody else.
    named = [
        NamedParty(
            UUID(form[vacancy.field].data),
            vacancy.actor.side,
            _level(people.get(form[vacancy.field].data), vacancy.actor),
        )
        for vacancy in vacancies(asking, stage, responding)
        if form[vacancy.field].data
    ]
    acting = {str(party.person_id) for party in named}
    others = dict.fromkeys(row["person"].data for row in cast(Rows, form["f-others"]).filled)
    return (*named, *(_other(asking, people[person]) for person in others if person not in acting))


def vacancies(asking: Asking, stage: Stage, responding: tuple[UUID, ...]) -> Iterator[Vacancy]:
    """Each place at a stage for which somebody must, or may, be named."""
    own = asking.directory.own
    as_raiser = level_of_raiser(asking.policy, stage, own.level) if asking.kind is Act.OPEN else None
    names = {agency.id: agency for agency in asking.directory.agencies}
    for number, actor in enumerate(stage.actors):
        if actor.side is Side.RAISING and as_raiser in actor.levels:
            continue
        agencies: tuple[UUID | None, ...] = {
            Side.RAISING: (raising_agency(asking),),
            Side.RESPONDING: responding,
            Side.BOARD: (None,),
        }[actor.side]
        for agency_id in agencies:
            if is_filled(asking.places, actor, agency_id):
                continue
            agency = names.get(agency_id) if agency_id else None
            if agency is not None and actor.agency_kinds and agency.kind not in actor.agency_kinds:
                continue
            title = actor.title or _titles(asking.policy, actor, agency)
            where = f" at {agency.name}" if agency else ""
            field = f"f-actor-{stage_number(asking.policy, stage)}-{number}-{agency_id or 'board'}"
            yield Vacancy(field, f"{title}{where}", actor, agency_id)


def _titles(policy: Policy, actor: Actor, agency: ListedAgency | None) -> str:
    return " or ".join(policy.level_title(level, agency.kind if agency else None) for level in actor.levels)


def candidates(asking: Asking, vacancy: Vacancy, responding: tuple[UUID, ...]) -> dict[str, list[tuple[str, str]]]:
    """The people who may be named: those at each of its levels first, then the others of the same agency.

    For the Board's side only those who hold one of the levels, of agencies that are not involved.
    """
    actor, for_board = vacancy.actor, vacancy.agency is None
    involved = {*responding, raising_agency(asking)}
    if vacancy.agency is None:
        people = [person for person in asking.directory.people if person.agency_id not in involved]
    else:
        people = list(asking.directory.of_agency(vacancy.agency))
    groups: dict[str, list[tuple[str, str]]] = {asking.policy.level_title(level): [] for level in actor.levels}
    groups["Others"] = []
    for person in people:
        level = level_held(person, actor)
        if level is None and for_board:
            continue
        groups["Others" if level is None else asking.policy.level_title(level)].append(listed(person, for_board))
    return {title: pairs for title, pairs in groups.items() if pairs}


def level_held(person: ListedPerson, actor: Actor) -> str | None:
    """The first of the actor's levels that this person holds."""
    return next((level for level in actor.levels if level in {person.level, person.seat}), None)


def _level(person: ListedPerson | None, actor: Actor) -> str:
    """The level at which somebody acts in this place: one of its own, also for somebody who holds none of them."""
    return (level_held(person, actor) if person is not None else None) or actor.level


def _by_agency(asking: Asking, agencies: list[UUID]) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for agency in dict.fromkeys(agencies):
        for person in asking.directory.of_agency(agency):
            if person.id != asking.directory.own.id:
                groups.setdefault(person.agency, []).append(listed(person, False))
    return groups


def _other(asking: Asking, person: ListedPerson) -> NamedParty:
    side = Side.RAISING if person.agency_id == raising_agency(asking) else Side.RESPONDING
    return NamedParty(person.id, side, person.level)
