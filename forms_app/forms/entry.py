"""What a form beside the ladder is made of: its pages, what it comes to, and what its fields say when the policy refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any, cast
from uuid import UUID

from wtforms import Form

from forms_app.domain.acts import fault_of
from forms_app.domain.escalation import Open, Standing
from forms_app.domain.filing import ListedPerson, NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import AgreedAction, Facts, Place
from forms_app.forms.asking import Asking, Given, Page, PageForm, instant_on, listed, raising_agency
from forms_app.forms.fields import PickFromList, Rows

Forms = Mapping[str, PageForm]
"""The pages of a form with what was given on each."""
EVERYONE = "Everyone who takes part gets a copy, and so do you."
ON_THE_PAGE = "Nobody gets a copy: everyone who takes part can read it on the escalation’s page."


def nobody(asking: Asking, forms: Forms) -> tuple[NamedParty, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One form: its title, its pages after the question about danger, and what it records once they are done."""

    title: str
    """With `{child}` where the policy's word for them stands."""
    pages: Callable[[Asking, Given], Iterator[Page]]
    facts: Callable[[Asking, Forms], Facts]
    people: Callable[[Asking, Forms], tuple[NamedParty, ...]] = nobody
    told: str = EVERYONE
    """Who learns of it, in a sentence for the person who sends it."""


# --- what was answered -------------------------------------------------------------------------------------------


def answer_to(forms: Forms, name: str) -> Any:
    """What was answered to a question, on whichever page it is asked; None when it is not, or does not apply."""
    form = next((form for form in forms.values() if name in form), None)
    return form[name].data if form is not None and form.applies(name) else None


def rows_in(forms: Forms, name: str) -> list[Form]:
    """The rows that were filled in."""
    form = next((form for form in forms.values() if name in form), None)
    return [] if form is None else cast(Rows, form[name]).filled


def actions_in(forms: Forms, name: str) -> tuple[AgreedAction, ...]:
    return tuple(
        AgreedAction(what=row["what"].data, who=row["who"].data, by_when=row["by_when"].data)
        for row in rows_in(forms, name)
    )


def people_in(forms: Forms, name: str) -> tuple[UUID, ...]:
    """The people who were chosen in rows of one list each."""
    return tuple(dict.fromkeys(UUID(row["person"].data) for row in rows_in(forms, name)))


# --- what is refused at its field --------------------------------------------------------------------------------


def checked(fault: Callable[[PageForm], tuple[str, str | None]], base: type[PageForm] = PageForm) -> type[PageForm]:
    """A page that can be refused as a whole: `fault` gives the field at which to say so, and the sentence."""

    class Checked(base):  # type: ignore[valid-type, misc]
        def validate(self, extra_validators: Any = None) -> bool:
            if not super().validate(extra_validators):
                return False
            name, sentence = fault(self)
            if sentence is not None:
                self[name].errors = [sentence]
            return sentence is None

    return Checked


def still_to_come(asking: Asking, form: PageForm) -> tuple[str, str | None]:
    """Refuses a time today that is later than now for what has happened already."""
    at = instant_on(form["f-happened"].data, form["f-time"].data)
    return "f-time", "The time must be in the past" if at is not None and at > asking.now else None


def refused(asking: Asking, facts: Facts) -> str | None:
    """The sentence with which the engine would refuse these facts."""
    return fault_of(facts, place_in(asking), standing_in(asking))


# --- where it is -------------------------------------------------------------------------------------------------


def standing_in(asking: Asking) -> Standing:
    assert asking.standing is not None, "only a new concern is asked before there is an escalation"
    return asking.standing


def open_in(asking: Asking) -> Open:
    now = standing_in(asking)
    assert isinstance(now, Open), "this is asked while it is open"
    return now


def place_in(asking: Asking) -> Place:
    assert asking.place is not None, "whoever is asked takes part"
    return asking.place


def side_of(asking: Asking, person: ListedPerson) -> Side:
    """The side on which somebody stands by their agency."""
    if person.agency_id == raising_agency(asking):
        return Side.RAISING
    return Side.RESPONDING if person.agency_id in asking.responding else Side.BOARD


def agency_named(asking: Asking, agency: UUID | None) -> str:
    return next((each.name for each in asking.directory.agencies if each.id == agency), "An agency")


def newcomers(asking: Asking) -> tuple[ListedPerson, ...]:
    """Everybody of the directory who takes no part yet."""
    present = {place.person for place in asking.places}
    return tuple(person for person in asking.directory.people if person.id not in present)


def taking_part(asking: Asking) -> tuple[ListedPerson, ...]:
    present = {place.person for place in asking.places}
    return tuple(person for person in asking.directory.people if person.id in present)


def in_groups(people: Iterable[ListedPerson]) -> dict[str, list[tuple[str, str]]]:
    """People by their agencies, as choices of a long list."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for person in people:
        groups.setdefault(person.agency, []).append(listed(person, True))
    return groups


def one_person_rows(label: str, groups: Mapping[str, Sequence[tuple[str, str]]], *, hint: str = "") -> Rows:
    """Any number of people, each chosen from the same list."""

    class OnePerson(Form):
        person = PickFromList("Person", groups=groups)

    return Rows(label, row=OnePerson, each="Person", hint=hint)


def in_short(text: str) -> str:
    """The beginning of what somebody wrote, for choosing it from a list."""
    return shorten(text, 120, placeholder=" …")
