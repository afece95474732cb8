"""The questions of whoever administers people: about a person, an address, a seat, an agency, and which of them to list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from wtforms import Form

from forms_app.domain.contacts import LONGEST_ADDRESS
from forms_app.domain.people import PersonDetails, Show
from forms_app.domain.seats import Seat
from forms_app.domain.text import Unprintable
from forms_app.forms.contacts import EmailAddress, Telephone
from forms_app.forms.fields import Pick, PickFromList, Values, Words

Choices = Sequence[tuple[str, str]]
NO_SEAT = "none"
SEATS: Mapping[Seat, str] = {
    Seat.BUSINESS_UNIT: "Business unit",
    Seat.CHAIR: "Chair",
    Seat.SCRUTINEER: "Scrutineer",
    Seat.SUB_GROUP: "Sub-group",
    Seat.POLICY_SUB_GROUP: "Policy sub-group",
    Seat.DIRECTORS: "Directors",
    Seat.LIAISON_OFFICER: "Liaison officer",
    Seat.ANALYST: "Analyst",
    Seat.AUDITOR: "Auditor",
}
SEAT_HINTS: Mapping[Seat, str] = {
    Seat.BUSINESS_UNIT: "Sees the Board’s register, releases documents, and keeps everybody’s list",
    Seat.CHAIR: "Sees the Board’s register, and releases documents",
    Seat.ANALYST: "Sees numbers, and no escalation: also none in which they took part before",
    Seat.AUDITOR: "Sees who did what, and no escalation: also none in which they took part before",
}
SHOWN: Mapping[Show, str] = {
    Show.PRESENT: "Everybody who is present",
    Show.SPECIAL: "Who holds a seat or administers people",
    Show.NEVER: "Who has never signed in",
    Show.LOCKED: "Who is locked",
    Show.LEFT: "Who has left",
}


class OwnAddress(EmailAddress):
    def read(self, typed: Values) -> str:
        return super().read(typed).lower()

    def missing(self) -> str:
        return "Enter their email address"


class PersonForm(Form):
    """One person. Made by `person_form`, which adds its fields."""

    agency_id: UUID

    def details(self) -> PersonDetails:
        return PersonDetails(
            agency_id=UUID(self["agency"].data) if "agency" in self else type(self).agency_id,
            name=self["full_name"].data,
            job_title=self["job_title"].data,
            level=self["level"].data,
            telephone=self["telephone"].data,
        )


def person_form(*, unprintable: Unprintable, agencies: Choices, levels: Choices, is_new: bool) -> type[PersonForm]:
    """The form for a person. It asks for the agency where there are several, and for the address of somebody new."""
    fields: dict[str, Any] = {"agency_id": UUID(agencies[0][0]) if agencies else UUID(int=0)}
    if len(agencies) != 1:
        fields["agency"] = PickFromList("Agency", groups={"Agencies": agencies})
    fields["full_name"] = Words("Full name", unprintable=unprintable)
    if is_new:
        fields["email"] = _address("Work email address", unprintable=unprintable)
    fields |= {
        "job_title": Words("Job title", unprintable=unprintable),
        "level": Pick("Level", choices=levels, hint="Escalations go from one level to the next."),
        "telephone": Telephone("Telephone number", required=False, unprintable=unprintable),
    }
    return type("PersonForm", (PersonForm,), fields)


def given_of_person(details: PersonDetails) -> dict[str, Any]:
    """What stands in the form at the beginning."""
    return {
        "agency": str(details.agency_id),
        "full_name": details.name,
        "job_title": details.job_title,
        "level": details.level,
        "telephone": details.telephone,
    }


def address_form(*, unprintable: Unprintable) -> type[Form]:
    return type("AddressForm", (Form,), {"email": _address("New email address", unprintable=unprintable)})


def seat_form() -> type[Form]:
    choices = [(NO_SEAT, "No seat"), *((seat.value, name) for seat, name in SEATS.items())]
    hints = {seat.value: hint for seat, hint in SEAT_HINTS.items()}
    return type("SeatForm", (Form,), {"seat": Pick("Seat at the Board", choices=choices, hints=hints)})


def filter_form(*, agencies: Choices, levels: Choices) -> type[Form]:
    """Which people to list. It comes with the address of the page, and so holds ids and codes only."""
    fields: dict[str, Any] = {
        "show": PickFromList("Who", groups={"People": [(show.value, words) for show, words in SHOWN.items()]})
    }
    if len(agencies) > 1:
        fields["agency"] = PickFromList("Agency", groups={"Agencies": agencies})
    fields["level"] = PickFromList("Level", groups={"Levels": levels})
    return type("FilterForm", (Form,), fields)


def agency_form(*, unprintable: Unprintable, kinds: Choices) -> type[Form]:
    fields = {
        "agency_name": Words("Name of the agency", unprintable=unprintable),
        "kind": Pick("Kind of agency", choices=kinds),
    }
    return type("AgencyForm", (Form,), fields)


def _address(label: str, *, unprintable: Unprintable) -> OwnAddress:
    hint = "Codes to sign in are sent there. It must be theirs alone."
    return OwnAddress(label, hint=hint, limit=LONGEST_ADDRESS, unprintable=unprintable)
