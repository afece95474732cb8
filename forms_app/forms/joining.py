"""The form by which somebody joins outside a change of stage: for a vacancy, in somebody's place, in support, or as the next tier."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from forms_app.domain.acts import is_further_tier
from forms_app.domain.filing import ListedPerson, NamedParty
from forms_app.domain.policy import BOTH_SIDES, Side
from forms_app.domain.records import Facts, PeopleJoin
from forms_app.forms.asking import Asking, Given, Page, PageForm, listed, page_of, stage_of, words
from forms_app.forms.entry import (
    Forms,
    answer_to,
    checked,
    in_groups,
    newcomers,
    one_person_rows,
    people_in,
    place_in,
    rows_in,
    side_of,
    taking_part,
)
from forms_app.forms.fields import Pick, PickFromList
from forms_app.forms.people import candidates, level_held, vacancies

OTHER = {Side.RAISING: Side.RESPONDING, Side.RESPONDING: Side.RAISING}


def adding(asking: Asking, given: Given) -> Iterator[Page]:
    reasons = _reasons(asking)
    fields = {
        "f-because": Pick("Why does somebody join?", choices=list(reasons.items())),
        "f-why": words(asking, "What must everybody know about it?", hint="For example, how long somebody is away."),
    }
    yield page_of("because", "Why somebody joins", fields)
    because = given["because"].get("f-because") if "because" in given else None
    match because if because in reasons else None:
        case None:
            return
        case "acts":
            yield _vacancies(asking)
        case "stands_in":
            yield _in_place_of(asking)
        case _:
            yield _joining(asking, _eligible(asking, str(because)))


def added(asking: Asking, forms: Forms) -> Facts:
    instead_of = answer_to(forms, "f-instead")
    return PeopleJoin(
        because=answer_to(forms, "f-because"),
        joins=tuple(dict.fromkeys(party.person_id for party in people_added(asking, forms))),
        instead_of=UUID(instead_of) if instead_of else None,
    )


def people_added(asking: Asking, forms: Forms) -> tuple[NamedParty, ...]:
    """Everybody who joins, each on the side and at the level at which they act."""
    people = {person.id: person for person in asking.directory.people}
    match answer_to(forms, "f-because"):
        case "acts":
            return tuple(_filling(asking, forms, people))
        case "stands_in":
            place = next(place for place in asking.places if str(place.person) == answer_to(forms, "f-instead"))
            return (NamedParty(UUID(answer_to(forms, "f-person")), place.side, place.level),)
        case "supports":
            side = place_in(asking).side
            return tuple(NamedParty(each, side, people[each].level) for each in people_in(forms, "f-others"))
        case _:
            return tuple(
                NamedParty(each, side_of(asking, people[each]), people[each].level)
                for each in people_in(forms, "f-others")
            )


# --- why ---------------------------------------------------------------------------------------------------------


def _reasons(asking: Asking) -> dict[str, str]:
    """The reasons for which somebody can join now, each with its words."""
    stage, own, word = stage_of(asking), place_in(asking), asking.policy.words.stage
    reasons = {}
    if any(vacancies(asking, stage, asking.responding)):
        reasons["acts"] = f"Nobody fills their place at this {word} yet"
    reasons["stands_in"] = "They stand in for somebody of my agency"
    reasons["supports"] = "They support me or somebody else of my agency"
    if stage.repeats_tiers:
        reasons["next_tier"] = f"This {word} goes up tier by tier, and they are the next tier"
    if own.side in BOTH_SIDES:
        reasons["chain_exhausted"] = (
            "My agency has nobody more senior, so that I turn to the next tier up on the other side"
        )
    return reasons


# --- who ---------------------------------------------------------------------------------------------------------


def _vacancies(asking: Asking) -> Page:
    stage, responding = stage_of(asking), asking.responding
    open_places = list(vacancies(asking, stage, responding))
    fields = {
        vacancy.field: PickFromList(
            vacancy.label, groups=candidates(asking, vacancy, responding), required=len(open_places) == 1
        )
        for vacancy in open_places
    }

    def nobody_chosen(form: PageForm) -> tuple[str, str | None]:
        return open_places[0].field, None if any(form[name].data for name in fields) else "Choose who joins."

    return page_of("who", "Who joins", fields, base=checked(nobody_chosen))


def _filling(asking: Asking, forms: Forms, people: dict[UUID, ListedPerson]) -> Iterator[NamedParty]:
    for vacancy in vacancies(asking, stage_of(asking), asking.responding):
        chosen = answer_to(forms, vacancy.field)
        if chosen:
            person = people[UUID(chosen)]
            yield NamedParty(person.id, vacancy.actor.side, level_held(person, vacancy.actor) or vacancy.actor.level)


def _in_place_of(asking: Asking) -> Page:
    own = place_in(asking)
    colleagues = {place.person: place for place in asking.places if place.party == own.party}
    known = {person.id: listed(person, False)[1] for person in taking_part(asking)}
    absent = [
        (str(person), known.get(person) or f"{asking.names[person]}, who has left")
        for person, place in colleagues.items()
        if person in known or place.has_left
    ]
    fields = {
        "f-instead": Pick("In whose place?", choices=absent),
        "f-person": PickFromList("Who stands in?", groups=in_groups(asking.directory.of_agency(own.agency))),
    }

    def themselves(form: PageForm) -> tuple[str, str | None]:
        same = form["f-person"].data == form["f-instead"].data
        return "f-person", "Choose somebody else: this is whose place is taken." if same else None

    return page_of("who", "Who joins", fields, base=checked(themselves))


def _joining(asking: Asking, eligible: tuple[ListedPerson, ...]) -> Page:
    fields: dict[str, Any] = {"f-others": one_person_rows("Who joins?", in_groups(eligible))}
    base = checked(lambda form: ("f-others", None if rows_in({"": form}, "f-others") else "Choose who joins."))
    return page_of("who", "Who joins", fields, base=base)


def _eligible(asking: Asking, because: str) -> tuple[ListedPerson, ...]:
    """Who can join for this reason, of those who take no part yet."""
    own, people = place_in(asking), newcomers(asking)
    match because:
        case "supports":
            return tuple(person for person in people if person.agency_id == own.agency)
        case "next_tier":
            return tuple(person for person in people if _is_senior(asking, person, BOTH_SIDES))
        case _:
            return tuple(person for person in people if _is_senior(asking, person, {OTHER.get(own.side)}))


def _is_senior(asking: Asking, person: ListedPerson, sides: Collection[Side | None]) -> bool:
    side = side_of(asking, person)
    return side in sides and is_further_tier(asking.policy, stage_of(asking), asking.places, side, person.level)
